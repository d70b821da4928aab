// The law of files that `dlp quantize` writes, for the everyday test and for the long one: they compile, and the program computes what ONNX Runtime computes.
import fc from 'fast-check'
import { expect } from 'vitest'
import { DlpError } from '../../../../base/error.ts'
import { compile } from '../../../../compiler/compile.ts'
import type { Tensor } from '../../../../compiler/graph/tensor.ts'
import { readOnnx } from '../../../../compiler/onnx/read.ts'
import type { PostTrainingOptions } from '../../../../compiler/quantize/discrete/post-training.ts'
import { machines, type Machine } from '../../../../isa/model/machine.ts'
import { type FloatDraw, floatEnds, floatGraph, floatInputs, floatSteps } from '../../../support/float-graphs.ts'
import { type CompiledFile, compiledFile, writtenFile } from '../../../support/written-files.ts'

const sets = ['int8', 'int4', 'pow2', 'ternary'] as const

/** A graph, how it is quantised, and how its file is compiled. */
export interface WrittenCase {
  readonly graph: FloatDraw
  readonly options: Required<Pick<PostTrainingOptions, 'weights' | 'ends' | 'activationBits' | 'density' | 'sparsity'>>
  readonly machine: 'tiny' | 'edge'
  readonly exactQdq: boolean
}

export const anyDraw: fc.Arbitrary<WrittenCase> = fc.record({
  graph: fc.record({
    seed: fc.integer({ min: 1, max: 1e6 }),
    opset: fc.constantFrom(11, 13, 17, 18),
    steps: fc.array(fc.constantFrom(...floatSteps), { minLength: 1, maxLength: 3 }),
    end: fc.constantFrom(...floatEnds),
  }),
  options: fc
    .record({
      weights: fc.constantFrom(...sets),
      ends: fc.constantFrom(...sets),
      activationBits: fc.constantFrom(4, 8),
      density: fc.constantFrom(1, 0.5, 0.25),
      sparsity: fc.constantFrom('free', 'scheduled', 'keep'),
    })
    // `keep` leaves the model's zeros and makes none.
    .map((options) => (options.sparsity === 'keep' ? { ...options, density: 1 } : options)),
  machine: fc.constantFrom('tiny', 'edge'),
  exactQdq: fc.boolean(),
})

/** `tiny` with memories large enough for the graphs. */
const tiny: Machine = { ...machines.tiny, featureWords: 8192, weightBeats: 16384, parameterGroups: 512, instructionWords: 8192 } // prettier-ignore

/** The greatest error of a layer's codes, fed the runtime's: by default a ratio of shortcuts may be rounded to sixteenths of a coarse accumulator scale. */
const mostOff = { exact: 1, default: 2 }

/** Compiles the file of a draw, and expects of every layer the codes that ONNX Runtime gives for the same inputs. */
export async function expectLaw(draw: WrittenCase): Promise<CompiledFile & { readonly image: Tensor }> {
  const { bytes, image, machine } = fileOf(draw)
  const compiled = await compiledFile(bytes, image, { machine, exactQdq: draw.exactQdq })
  expect(compiled.layers.length).toBeGreaterThan(0)
  const most = draw.exactQdq ? mostOff.exact : mostOff.default
  expect(compiled.layers.filter((layer) => !(layer.most <= most))).toEqual([])
  return { ...compiled, image }
}

/** The number of machines, all too small, that refuse a file; expects that every name of a node or value in the refusals is one of the file. */
export function expectNamesOfFile(draw: WrittenCase): number {
  const { bytes, machine } = fileOf(draw)
  const { nodes, inputs } = readOnnx(bytes, 'written')
  const own = new Set([...nodes.flatMap(({ name, outputs }) => [name, ...outputs]), ...inputs.map(({ name }) => name)])
  const others = new Set(['written', ...Object.keys(machines)])
  let refused = 0
  for (const small of [{ featureWords: 16 }, { featureWords: 48 }, { accumulatorBits: 12 }]) {
    try {
      compile(bytes, { name: 'written', machine: { ...machine, ...small } })
    } catch (error) {
      if (!(error instanceof DlpError)) throw error
      refused++
      const named = [...error.message.matchAll(/'([^']+)'/g)].map(([, name]) => name!)
      expect(named.filter((name) => !own.has(name) && !others.has(name))).toEqual([])
    }
  }
  return refused
}

function fileOf({ graph, options, machine: name }: WrittenCase) {
  const images = floatInputs(graph.seed, 5)
  const machine = name === 'tiny' ? tiny : machines.edge
  return {
    bytes: writtenFile(floatGraph(graph), { ...options, machine, calibration: images.slice(1) }),
    image: images[0]!,
    machine,
  }
}

const eight = { weights: 'int8', ends: 'int8', activationBits: 8, density: 1, sparsity: 'keep' } as const

/** Graphs whose files were once refused, by the compiler or by ONNX Runtime, or compiled incorrectly. */
export const onceRefused: readonly [string, WrittenCase][] = [
  ['an average over windows, of a set in which averages have no dilations', drawOf(['average-conv'], 'global-matrix')],
  ['a hard sigmoid of a convolution', drawOf(['conv-hard-sigmoid'], 'conv')],
  ['channels of a convolution alone', drawOf(['pointwise', 'slice'], 'flat-matrix', {}, 4)],
  ['channels added to those of a convolution', drawOf(['offset', 'wide'], 'conv')],
  [
    'a slope over maps of several scales',
    drawOf(['concat', 'prelu-negative', 'prelu'], 'global', { activationBits: 4 }),
  ],
]

function drawOf(
  steps: FloatDraw['steps'],
  end: FloatDraw['end'],
  own: Partial<WrittenCase['options']> = {},
  seed = 1,
): WrittenCase {
  return { graph: { seed, opset: 17, steps, end }, options: { ...eight, ...own }, machine: 'tiny', exactQdq: true }
}
