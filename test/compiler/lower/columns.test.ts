// Every column's id, read as the hardware reads it, names the plane and the pixel that its weight multiplies.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { layColumns, type LayerColumns } from '../../../compiler/lower/columns.ts'
import { orThrow } from '../../../compiler/refusal.ts'
import { locate } from '../../../compiler/placement/storage.ts'
import { columnIdBits, geometriesPerBlock, maxTapBits, slotsPerBlock } from '../../../isa/model/formats.ts'
import { DlpError } from '../../../base/error.ts'
import { machines, type Machine } from '../../../isa/model/machine.ts'
import { anySources, lay, placeAt, type Laid } from './placed.ts'
import { mapOf, weightsOf, windowOn } from './sources.ts'

/** What a column's page and id mean, decoded as the hardware's column decoder does. */
function readBack({ slots, geometries, tapBits, page, id }: LayerColumns, column: number) {
  const slot = slots[page[column]! * 2 ** (columnIdBits - tapBits) + (id[column]! >> tapBits)]!
  const geometry = geometries[slot.geometry]!
  const tap = id[column]! & (2 ** tapBits - 1)
  return {
    ...slot,
    planeStride: geometry.planeStride,
    y: geometry.dilationY * (tap >> geometry.columnBits) + geometry.offsetY,
    x: geometry.dilationX * (tap & (2 ** geometry.columnBits - 1)) + geometry.offsetX,
    strides: [geometry.strideY, geometry.strideX],
    valid: [geometry.validHeight, geometry.validWidth],
    patch: [geometry.height, geometry.pitch],
  }
}

/** Checks every column that has a weight. */
function checkColumns({ sources, maps, columns }: Laid, machine: Machine): void {
  const [found, expected, signs]: [object[], object[], boolean[]] = [[], [], []]
  sources.forEach((source, index) => {
    const placed = maps.get(source.map)!
    const { map, patch, planes } = placed
    const [kernelHeight, kernelWidth] = source.kernel
    const used = new Set(weightsOf(source).map(({ column }) => column))
    for (let csr = 0; csr < source.weights.columns; csr++) {
      const first = columns.first[index]![csr]!
      signs.push(used.has(csr) === first >= 0)
      if (used.has(csr))
        for (let plane = 0; plane < planes; plane++) {
          const channel = Math.floor(csr / (kernelHeight * kernelWidth))
          const { slot, locations } = locate(placed, channel, plane, machine)
          const signed = map.format.signed && plane === planes - 1 ? 1 : 0
          found.push({ ...readBack(columns, first + plane), locations: columns.locations[first + plane] })
          expected.push({
            base: placed.base + (slot * planes + plane) * patch.height * patch.width,
            signed,
            fill: (map.zeroPoint >> (4 * plane)) & 15,
            y: (Math.floor(csr / kernelWidth) % kernelHeight) * source.dilation[0] - source.pads[0],
            x: (csr % kernelWidth) * source.dilation[1] - source.pads[1],
            strides: source.stride,
            valid: [map.height, map.width],
            patch: [patch.height, patch.width],
            planeStride: patch.height * patch.width,
            geometry: expect.any(Number),
            locations,
          })
          signs.push(columns.signed[first + plane] === signed)
        }
    }
  })
  expect(found).toEqual(expected)
  expect(signs).not.toContain(false)
}

describe('a column', () => {
  test('names its slot, sign, fill and tap', () => {
    fc.assert(
      fc.property(anySources, fc.boolean(), (pairs, hasReplicas) => {
        checkColumns(lay(pairs, machines.edge, hasReplicas), machines.edge)
      }),
      { numRuns: 60 },
    )
  })

  test('has as few tap bits as the largest kernel needs, and slots fill the pages from the first', () => {
    const map = mapOf('map', [70, 9, 9])
    const { columns } = lay([{ map, source: windowOn(map, 20, { kernel: [3, 3], pads: [1, 1] }) }], machines.edge)
    expect(columns.tapBits).toBe(4)
    expect(columns.slots.length).toBe(Math.ceil(70 / 16) * 2)
    expect([...new Set(columns.page)]).toEqual([0])
    const larger = mapOf('map', [300, 9, 9])
    const paged = lay([{ map: larger, source: windowOn(larger, 20, { kernel: [3, 3], pads: [1, 1] }) }], machines.edge)
    expect([...new Set(paged.columns.page)]).toEqual([0, 1, 2])
    checkColumns(paged, machines.edge)
  })
})

describe('kernels of more than 8×8 taps', () => {
  test.each([
    [[9, 3], 2],
    [[3, 11], 2],
    [[16, 16], 4],
    [[11, 13], 4],
  ] as const)('of %j are cut into %i blocks with taps of at most 6 bits', (kernel, blocks) => {
    const map = mapOf('map', [3, 40, 40])
    const laid = lay([{ map, source: windowOn(map, 4, { kernel, pads: [2, 1], dilation: [3, 2] }) }], machines.card)
    expect(laid.columns.geometries.length).toBe(blocks)
    expect(laid.columns.tapBits).toBeLessThanOrEqual(maxTapBits)
    checkColumns(laid, machines.card)
  })
})

describe('a layer is refused by name', () => {
  const refusal = (run: () => unknown): DlpError['complaint'] => {
    try {
      run()
    } catch (error) {
      if (error instanceof DlpError) return error.complaint
      throw error
    }
    throw new Error('nothing was refused')
  }

  test('when its kernels need more geometries than a table block has', () => {
    const map = mapOf('map', [2, 60, 60])
    const pairs = [{ map, source: windowOn(map, 4, { kernel: [17, 9] }) }]
    const complaint = refusal(() => lay(pairs, machines.card))
    expect(complaint).toMatchObject({ where: "layer 'layer'", what: 'it needs 6 source geometries' })
    expect(complaint.allowed).toContain(`${geometriesPerBlock} (`)
  })

  test('when its channels need more slot entries than a table block has', () => {
    const map = mapOf('map', [16 * 65, 4, 4])
    const complaint = refusal(() => lay([{ map, source: windowOn(map, 2) }], machines.edge))
    expect(complaint).toMatchObject({
      where: "layer 'layer'",
      what: `it needs more than ${slotsPerBlock} slot entries`,
    })
  })

  test('when large kernels leave its ids too few slots', () => {
    const map = mapOf('map', [16 * 17, 8, 8])
    const maps = new Map([['map', placeAt(map, 0, machines.edge)]])
    const source = windowOn(map, 2, { kernel: [8, 8] })
    const complaint = refusal(() => orThrow(layColumns('wide', [source], maps, machines.edge)))
    expect(complaint).toMatchObject({ where: "layer 'wide'", allowed: '32 slot entries' })
    expect(complaint.help).toContain('clusters × banks')
  })
})
