// Patches: a layer of stride s reads s rows of its own patch for each output row, and no tap lies past the next lane.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { IntegerGraph, IntegerMap } from '../../../compiler/graph/integer.ts'
import { choosePatches, type Patch } from '../../../compiler/placement/patches.ts'
import { machine as anyMachine } from '../../../isa/arbitraries.ts'
import { machines, type Machine } from '../../../isa/model/machine.ts'
import { randomGraph } from '../../support/integer-graphs.ts'
import { graphOf, layerOf, mapOf, windowOn } from '../lower/sources.ts'

interface Axis {
  readonly source: number
  readonly output: number
  readonly kernel: number
  readonly stride: number
  readonly pad: number
  readonly dilation: number
}

/** Every window of a graph along both axes, with the patch sides of its source and output. */
function axesOf({ layers }: IntegerGraph, patches: ReadonlyMap<string, Patch>): Axis[] {
  const sides = (name: string): readonly [number, number] => [patches.get(name)!.height, patches.get(name)!.width]
  return layers.flatMap((layer) => {
    if (layer.kind === 'relayout' || (layer.kind === 'linear' && layer.overPixels === true)) return []
    const windows =
      layer.kind === 'linear'
        ? layer.sources
        : layer.kind === 'logits'
          ? [layer.source]
          : [{ ...layer, map: layer.source, dilation: [1, 1] }]
    return windows.flatMap((window) =>
      [0, 1].map((axis) => ({
        source: sides(window.map)[axis]!,
        output: sides(layer.kind === 'logits' ? window.map : layer.output.name)[axis]!,
        kernel: window.kernel[axis]!,
        stride: window.stride[axis]!,
        pad: window.pads[axis]!,
        dilation: window.dilation[axis]!,
      })),
    )
  })
}

const mapsOf = ({ input, layers }: IntegerGraph): IntegerMap[] => [
  input,
  ...layers.flatMap((layer) => (layer.kind === 'logits' ? [] : [layer.output])),
]

const covers = (graph: IntegerGraph, patches: ReadonlyMap<string, Patch>, machine: Machine): boolean =>
  mapsOf(graph).every(
    ({ name, height, width }) =>
      patches.get(name)!.height * machine.gridHeight >= height && patches.get(name)!.width * machine.gridWidth >= width,
  )

const staysNear = ({ source, output, kernel, stride, pad, dilation }: Axis): boolean =>
  pad <= source && stride * (output - 1) + dilation * (kernel - 1) - pad < 2 * source

const anyGraph = fc
  .nat()
  .map((seed) => randomGraph(seed, { mostChannels: 6, mostSide: 20, mostLayers: 6 }))
  .filter((graph) => areConnected(graph) && pathsAgree(graph))

/** Then one unit scales the patches of all maps. */
const areConnected = ({ layers }: IntegerGraph): boolean =>
  layers.every((layer) => layer.kind !== 'linear' || layer.overPixels !== true)

const pathsAgree = (graph: IntegerGraph): boolean => choosePatches(graph, machines.edge).kind !== 'disagreed'

function chosen(graph: IntegerGraph, machine: Machine): ReadonlyMap<string, Patch> {
  const choice = choosePatches(graph, machine)
  if (choice.kind !== 'chosen') throw new Error(choice.kind)
  return choice.patches
}

describe('patches of random graphs on random machines', () => {
  test('grow by the stride, cover every map and keep every tap within the next lane', () => {
    fc.assert(
      fc.property(anyGraph, anyMachine, (graph, machine) => {
        const patches = chosen(graph, machine)
        const axes = axesOf(graph, patches)
        expect(axes.filter(({ source, output, stride }) => source !== stride * output)).toEqual([])
        expect(axes.filter((axis) => !staysNear(axis))).toEqual([])
        expect(covers(graph, patches, machine)).toBe(true)
      }),
      { numRuns: 300 },
    )
  })

  test('are the smallest: with one row less in the smallest map, a law is broken', () => {
    fc.assert(
      fc.property(anyGraph, anyMachine, (graph, machine) => {
        const patches = chosen(graph, machine)
        const unit = Math.min(...[...patches.values()].map(({ height }) => height))
        fc.pre(unit > 1)
        const shrunk = new Map(
          [...patches].map(([name, { height, width }]) => [name, { height: (height / unit) * (unit - 1), width }]),
        )
        expect(covers(graph, shrunk, machine) && axesOf(graph, shrunk).every(staysNear)).toBe(false)
      }),
    )
  })
})

test('7×7 lanes own 32, 16, 8 … 1 pixels a side of the maps of a network at 224×224', () => {
  const sides = [224, 112, 56, 28, 14, 7]
  const maps = sides.map((side, index) => mapOf(`map${index}`, [1, side, side]))
  const layers = maps
    .slice(1)
    .map((output, index) =>
      layerOf(`conv${index}`, [windowOn(maps[index]!, 1, { kernel: [3, 3], stride: [2, 2], pads: [1, 1] })], output),
    )
  const patches = chosen(graphOf(maps[0]!, layers), machines.card)
  expect([...patches.values()]).toEqual([32, 16, 8, 4, 2, 1].map((side) => ({ height: side, width: side })))
})

test('a patch grows where a tap would leave the next lane, by one pixel or more', () => {
  const input = mapOf('input', [1, 16, 16])
  const side = (kernel: number): number => {
    const output = mapOf('out', [1, 17 - kernel, 17 - kernel])
    const layers = [layerOf('conv', [windowOn(input, 1, { kernel: [kernel, kernel] })], output)]
    return chosen(graphOf(input, layers), machines.edge).get('input')!.height
  }
  expect([5, 6, 7, 8].map(side)).toEqual([4, 5, 6, 7])
})

describe('no patches are chosen', () => {
  const input = mapOf('input', [1, 12, 12])

  test('if the strides of two paths disagree: the result names the layer at which they meet, and its source that would need another patch', () => {
    const half = mapOf('half', [1, 6, 6])
    const first = layerOf('halve', [windowOn(input, 1, { stride: [2, 2] })], half)
    const sources = [windowOn(half, 1), windowOn(input, 1)]
    const graph = graphOf(input, [first, layerOf('meet', sources, mapOf('sum', [1, 6, 6]))])
    expect(choosePatches(graph, machines.edge)).toEqual({ kind: 'disagreed', layer: 'meet', map: 'half' })
  })

  test('if one is larger than its fields hold: the map is refused by name', () => {
    const wide = mapOf('wide', [1, 4, 256 * 4])
    const graph = graphOf(wide, [layerOf('conv', [windowOn(wide, 1)], mapOf('out', [1, 4, 256 * 4]))])
    const complaint = { where: "map 'wide'", what: 'a lane would own 1×256 pixels of it' }
    expect(choosePatches(graph, machines.edge)).toMatchObject({
      kind: 'refused',
      complaint,
      shortage: { capacity: 'lanes' },
    })
  })
})
