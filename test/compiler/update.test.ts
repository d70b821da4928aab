// Updates: schedules of an older program that are still valid are kept, the others are computed again, and the program is correct in either case.

import { expect, test } from 'vitest'
import { type Compilation, compile, type CompileOptions } from '../../compiler/compile.ts'
import { integerEvaluator } from '../../compiler/graph/evaluate-integer.ts'
import type { Graph } from '../../compiler/graph/graph.ts'
import { tensor } from '../../compiler/graph/tensor.ts'
import { writeOnnx } from '../../compiler/onnx/write.ts'
import { shape as resnet8 } from '../../examples/resnet8/build.ts'
import { resnet } from '../../examples/support/resnet.ts'
import { inputCodes, seededInput } from '../../host/images.ts'
import { machines } from '../../isa/model/machine.ts'
import { simulateTiming } from '../../simulator/simulate.ts'
import { runSimulator } from '../support/run-simulator.ts'

const graph = resnet({ ...resnet8, imageSize: 16, stageChannels: [16, 32] }, 1)
const compiled = (model: Graph, options: Partial<CompileOptions> = {}): Compilation =>
  compile(writeOnnx(model), { name: 'small', machine: machines.edge, density: 0.5, ...options })

/** The same network with other values in one constant. */
function changed(name: string, change: (value: number, at: number) => number): Graph {
  const old = graph.constants.get(name)!
  const value = tensor(Float32Array.from(old.data, change), old.shape)
  return { ...graph, constants: new Map([...graph.constants, [name, value]]) }
}

const beatsOf = ({ program }: Compilation): number => program.layers.reduce((sum, { beats }) => sum + beats, 0)

/** Checks that the program computes the codes of its own integer graph. */
function expectRight({ program, graph: integer }: Compilation): void {
  const codes = inputCodes(seededInput(program.inputs[0]!, 7), program.inputs[0]!)
  expect([...runSimulator(program, codes).codes]).toEqual([
    ...integerEvaluator(integer)(Int16Array.from(codes)).logits!,
  ])
}

const first = compiled(graph)

test('the same model keeps every schedule, beat for beat', () => {
  const second = compiled(graph, { update: first.program })
  for (const { name, groups, kept } of second.report.kept!) expect({ name, kept }).toEqual({ name, kept: groups })
  expect(beatsOf(second)).toBe(beatsOf(first))
  expect(simulateTiming(second.program).cycles).toBeLessThanOrEqual(simulateTiming(first.program).cycles)
  expectRight(second)
})

test('a re-trained head leaves all other layers as they are', () => {
  const second = compiled(
    changed('fc.weight', (value, at) => value * Math.cos(at)),
    { update: first.program },
  )
  const others = second.report.kept!.filter(({ name }) => !name.includes('fc'))
  expect(others.length).toBeGreaterThan(3)
  for (const { name, groups, kept } of others) expect({ name, kept }).toEqual({ name, kept: groups })
  expectRight(second)
})

test('fine-tuned weights at the same positions keep their schedules, except for shortcuts whose ratios change', () => {
  const name = 'layer1.0.conv1.weight'
  const second = compiled(
    changed(name, (value) => value * 1.03),
    { update: first.program },
  )
  const sums = second.graph.layers.flatMap((layer) =>
    layer.kind === 'linear' && layer.sources.length > 1 ? [layer.name] : [],
  )
  const plain = second.report.kept!.filter((layer) => !sums.includes(layer.name))
  expect(plain.length).toBeGreaterThan(2)
  for (const layer of plain) expect(layer).toEqual({ ...layer, kept: layer.groups })
  expectRight(second)
})

test('weights at other positions get a new schedule, which is longer than one from scratch by at most the permitted share', () => {
  const other = changed('layer2.0.conv2.weight', (value, at) => Math.sin(at * at) * Math.abs(value))
  const second = compiled(other, { update: first.program })
  expect(second.report.kept!.some(({ kept, groups }) => kept < groups)).toBe(true)
  expect(beatsOf(second)).toBeLessThanOrEqual(1.06 * beatsOf(compiled(other)) + 20)
  expectRight(second)
})

test('schedules of streamed weights are reused as well', () => {
  const streamed = compiled(graph, { weightsIn: 'streamed' })
  const second = compiled(graph, { update: streamed.program })
  for (const { kept, groups } of second.report.kept!) expect(kept).toBe(groups)
})

test('a program for another machine is refused', () => {
  const tiny = { machine: { ...machines.edge, name: 'mine', weightBeats: 32_768 } }
  expect(() => compiled(graph, { ...tiny, update: first.program })).toThrow(
    /^program 'small': it was compiled for the machine 'edge'; allowed: a program for the machine of this compilation, 'mine'/,
  )
})
