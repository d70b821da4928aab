// What a ShuffleNet V2 must do, for tests of a small one every day and of the full one now and then.

import { expect } from 'vitest'
import { compile } from '../../compiler/compile.ts'
import { evaluateInteger } from '../../compiler/graph/evaluate-integer.ts'
import type { Tensor } from '../../compiler/graph/tensor.ts'
import { machines } from '../../isa/model/machine.ts'
import { inputCodes } from '../../host/images.ts'
import { runModel } from '../compiler/runtime.ts'
import { bytesOf, noise } from '../support/onnx-model.ts'
import { runSimulator } from '../support/run-simulator.ts'
import { type ShuffleNet, shuffleNet } from '../support/shufflenet.ts'

/** Compiles a network for `card` at 8 bits: the simulator gives the oracle's logits, and both are near ONNX Runtime's. */
export async function checkShuffleNet(network: ShuffleNet): Promise<void> {
  const file = bytesOf(shuffleNet(network))
  const image = (seed: number): Tensor => noise(seed, 1, 3, network.size, network.size)
  const { program, graph } = compile(file, {
    name: 'shufflenet',
    machine: machines.card,
    weightBits: 8,
    activationBits: 8,
    calibration: [1, 2, 3, 4].map(image),
  })
  const given = image(9)
  const codes = Int16Array.from(inputCodes({ kind: 'real', data: given.data as Float32Array }, program.inputs[0]!))
  const { codes: found, simulation } = runSimulator(program, codes)
  expect(simulation.hazards).toEqual([])
  expect(found).toEqual(Int32Array.from(evaluateInteger(graph, codes).logits ?? []))
  const judged = (await runModel(file, new Map([['x', given]]))).get('y') as Tensor
  const { scale } = program.outputs[0]!
  const real = Array.from(found, (code, row) => code * scale[scale.length === 1 ? 0 : row]!)
  expect(ratio(judged.data, real)).toBeGreaterThanOrEqual(20)
}

/** Signal to noise in decibels. */
function ratio(expected: ArrayLike<number>, found: readonly number[]): number {
  expect(found.length).toBe(expected.length)
  const power = (values: readonly number[]): number => values.reduce((sum, value) => sum + value ** 2, 0)
  return 10 * Math.log10(power(Array.from(expected)) / power(found.map((value, at) => value - expected[at]!)))
}
