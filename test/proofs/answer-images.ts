// A worker of the proofs: evaluates each picture by the float graph, the integer oracle and the simulated program.

import { elements } from '../../base/defined.ts'
import { evaluateFloat } from '../../compiler/graph/evaluate-float.ts'
import { integerEvaluator } from '../../compiler/graph/evaluate-integer.ts'
import type { IntegerGraph } from '../../compiler/graph/integer.ts'
import { type Tensor, tensorOf } from '../../compiler/graph/tensor.ts'
import { readOnnx } from '../../compiler/onnx/read.ts'
import { inputCodes, realFromPixels } from '../../host/images.ts'
import { readProgram } from '../../isa/container/read.ts'
import { packTensor, unpackTensor } from '../../isa/packing.ts'
import { type ImageStatistics, imageStatistics } from '../../simulator/statistics.ts'
import { Simulator } from '../../simulator/simulate.ts'
import { serveJobs } from '../../base/worker-pool.ts'

export interface Network {
  /** bytes of the ONNX file */
  readonly model: Uint8Array
  /** bytes of the .dlp file */
  readonly file: Uint8Array
  /** what the program is measured against */
  readonly graph: IntegerGraph
}

export interface ImageRequest {
  /** [3, 32, 32] */
  readonly pixels: Uint8Array
  /** evaluate the float graph too */
  readonly float: boolean
}

export interface ImageResult {
  /** logits of the float graph, where requested */
  readonly float?: ArrayLike<number>
  /** codes of the logits by the integer graph */
  readonly oracle: Int32Array
  /** codes of the logits by the program */
  readonly program: Int32Array
  readonly hazards: number
  readonly overflows: number
  readonly initCycles: number
  readonly statistics: Pick<ImageStatistics, 'cycles' | 'milliseconds' | 'efficiency' | 'convolution'>
}

await serveJobs<Network, ImageRequest, ImageResult>(({ model, file, graph }) => {
  const floatGraph = readOnnx(model, 'resnet20')
  const oracle = integerEvaluator(graph)
  const program = readProgram(file, 'resnet20.dlp')
  const [input] = elements(program.inputs, 1)
  const [output] = elements(program.outputs, 1)
  const simulator = new Simulator(program)
  const init = simulator.init()
  return ({ pixels, float }) => {
    const codes = inputCodes({ kind: 'pixels', data: pixels }, input)
    const run = simulator.infer({ [input.name]: packTensor(codes, input, program.machine) })
    const { cycles, milliseconds, efficiency, convolution } = imageStatistics(program, run.timing)
    return {
      float: float ? floatLogits(pixels) : undefined,
      oracle: oracle(Int16Array.from(codes)).logits ?? new Int32Array(),
      program: Int32Array.from(unpackTensor(run.outputs[output.name]!, output, program.machine)),
      hazards: init.hazards.length + run.hazards.length,
      overflows: init.overflows.length + run.overflows.length,
      initCycles: init.timing.cycles,
      statistics: { cycles, milliseconds, efficiency, convolution },
    }
  }

  /** The graph as it was read: what simplification does to it is part of what is measured. */
  function floatLogits(pixels: Uint8Array): ArrayLike<number> {
    const [{ name, shape }] = elements(floatGraph.inputs, 1)
    const image = tensorOf('float32', realFromPixels(pixels, 3, input.preprocessing), shape)
    const [result] = elements(evaluateFloat(floatGraph, new Map<string, Tensor>([[name, image]])).values(), 1)
    return result.data
  }
})
