// What the compiler makes of a file: a clear refusal, or a graph that means the same before and after simplification.

import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { externalLoader } from '../../toolchain/models/model-file.ts'
import { compile } from '../../compiler/compile.ts'
import { evaluateFloat } from '../../compiler/graph/evaluate-float.ts'
import { evaluateInteger } from '../../compiler/graph/evaluate-integer.ts'
import type { Graph } from '../../compiler/graph/graph.ts'
import { callOf, requireOperator } from '../../compiler/graph/infer-types.ts'
import { type Tensor, tensorOf, sizeOf } from '../../compiler/graph/tensor.ts'
import { verify } from '../../compiler/graph/verify.ts'
import { workEstimate } from '../../compiler/graph/work.ts'
import { readOnnx } from '../../compiler/onnx/read.ts'
import { machineInterface } from '../../compiler/passes/machine-interface.ts'
import { simplify } from '../../compiler/passes/simplify.ts'
import { fuse } from '../../compiler/quantize/fuse.ts'
import { DlpError } from '../../base/error.ts'
import { machines, type Machine } from '../../isa/model/machine.ts'
import { normal, random } from '../../base/random.ts'
import { relativeDifference } from '../compiler/runtime.ts'
import { randomCodes } from './integer-graphs.ts'
import { runSimulator } from './run-simulator.ts'

/** How a file ended: refused when read or when planned, or evaluated, or too much work to evaluate here. */
export type Verdict = 'refused' | 'evaluated' | 'not evaluated'

export interface Judged {
  readonly verdict: Verdict
  /** the error's message where refused */
  readonly message?: string
  readonly graph?: Graph
  readonly inputs?: ReadonlyMap<string, Tensor>
  readonly outputs?: ReadonlyMap<string, Tensor>
}

/** How the whole compiler ends on a model that could be evaluated. */
export interface Compiled {
  readonly verdict: 'compiled' | 'refused'
  readonly message?: string
}

/** `tiny` with room for small models. */
const machine: Machine = {
  ...machines.tiny,
  featureWords: 4096,
  weightBeats: 8192,
  parameterGroups: 256,
  instructionWords: 4096,
}

/** The whole way to a program, which then gives the oracle's codes. @throws whatever is no DlpError, and where they differ */
export function judgeCompiled(bytes: Uint8Array, folder: string, { inputs }: Judged): Compiled {
  const calibration = [...(inputs ?? [])].map(([, value]) => value).slice(0, 1)
  const loadExternal = externalLoader(join(folder, 'model.onnx'))
  const compilation = attempt(() => compile(bytes, { name: 'model.onnx', machine, calibration, loadExternal }))
  if (typeof compilation === 'string') return { verdict: 'refused', message: compilation }
  const { program, graph } = compilation
  const codes = randomCodes(graph.input, 1)
  const { logits, maps } = evaluateInteger(graph, codes)
  const expected = logits ?? maps.get(graph.output)!
  const found = runSimulator(program, codes).codes
  if (found.some((code, at) => code !== expected[at])) throw new Error('the program computes something else')
  return { verdict: 'compiled' }
}

/** Above this, a graph is read, verified, simplified and planned, but not evaluated: it may rightly take long. */
const mostWork = 2 ** 23

/** Judges a model in a folder. @throws whatever is no DlpError, and where simplification changes what a graph computes */
export function judge(bytes: Uint8Array, folder: string): Judged {
  const read = attempt(() =>
    readOnnx(bytes, 'model.onnx', { loadExternal: externalLoader(join(folder, 'model.onnx')) }),
  )
  if (typeof read === 'string') return { verdict: 'refused', message: read }
  const analysis = verify(read)
  const simple = simplify(read)
  attempt(() => fuse(machineInterface(simple)))
  let work = 0
  for (const node of read.nodes)
    work += workEstimate(
      requireOperator(node),
      callOf(node, analysis),
      node.outputs.flatMap((name) => analysis.types.get(name) ?? []),
    )
  for (const { shape } of read.inputs) work += sizeOf(shape)
  if (!(work <= mostWork)) return { verdict: 'not evaluated', graph: read }
  const inputs = noiseFor(read)
  // Values may show what types do not: an index out of range.
  const before = attempt(() => evaluateFloat(read, inputs))
  if (typeof before === 'string') return { verdict: 'refused', message: before }
  const after = evaluateFloat(simple, inputs)
  for (const [name, value] of before) {
    const found = after.get(name)!
    if (isFinite(value) && isFinite(found) && relativeDifference(found, value) > 1e-3)
      throw new Error(`output '${name}' is another after simplification`)
  }
  return { verdict: 'evaluated', graph: read, inputs, outputs: before }
}

/** True if no value is infinite or no number, nor so great that an order of additions shows. */
export function isFinite({ data }: Tensor): boolean {
  return data.every((value) => Math.abs(value) < 1e15)
}

/** A folder with what hostile models ask for: a data file, a link out of it, a folder, a pipe's place. */
export function hostileFolder(): { readonly path: string; readonly remove: () => void } {
  const outer = mkdtempSync(join(tmpdir(), 'dlp-hostile-'))
  const path = join(outer, 'model')
  mkdirSync(join(path, 'folder'), { recursive: true })
  writeFileSync(join(path, 'weights.bin'), new Uint8Array(4096).fill(1))
  writeFileSync(join(outer, 'secret.bin'), new Uint8Array(4096))
  symlinkSync(join(outer, 'secret.bin'), join(path, 'link.bin'))
  symlinkSync('/dev/zero', join(path, 'pipe'))
  return { path, remove: () => rmSync(outer, { recursive: true, force: true }) }
}

function attempt<T>(step: () => T): T | string {
  try {
    return step()
  } catch (error) {
    if (error instanceof DlpError) return error.message
    throw error
  }
}

function noiseFor({ inputs }: Graph): Map<string, Tensor> {
  const uniform = random(1)
  return new Map(
    inputs.map(({ name, shape, elementType }) => {
      const draw = () => (elementType === 'float32' ? normal(uniform) : Math.floor(2 * uniform()))
      return [name, tensorOf(elementType, Array.from({ length: sizeOf(shape) }, draw), shape)]
    }),
  )
}
