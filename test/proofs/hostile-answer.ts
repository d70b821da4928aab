// A process that judges damaged models, one seed after the other, and asks ONNX Runtime about those that it could evaluate.

import { elementTypeOf } from '../../compiler/graph/tensor.ts'
import { relativeDifference, runModel } from '../compiler/runtime.ts'
import { hostileModel } from '../support/hostile-models.ts'
import { type Judged, hostileFolder, isFinite, judge } from '../support/judge-model.ts'

/** What became of one seed. */
export interface HostileAnswer {
  readonly seed: number
  readonly verdict: Judged['verdict'] | 'failed'
  /** processor time of the compiler's part */
  readonly milliseconds: number
  /** the most memory that this process has ever held */
  readonly peakBytes: number
  readonly runtime: 'agrees' | 'differs' | 'refused' | 'not asked'
  /** what is wrong, where anything is */
  readonly finding?: string
}

const folder = hostileFolder()
process.on('disconnect', () => {
  folder.remove()
  process.exit(0)
})
process.on('message', (seed: number) => void answer(seed).then((found) => process.send?.(found)))

async function answer(seed: number): Promise<HostileAnswer> {
  const { bytes, damages } = hostileModel(seed)
  const start = process.cpuUsage()
  let judged: Judged | undefined
  let finding: string | undefined
  try {
    judged = judge(bytes, folder.path)
    const { message } = judged
    if (message !== undefined && !/^[^:]+: /.test(message))
      finding = `a message without a place: ${message.slice(0, 200)}`
    if (message !== undefined && message.length > 4000) finding = `a message of ${message.length} characters`
  } catch (error) {
    finding = error instanceof Error ? `${error.message} ${error.stack?.split('\n')[1]?.trim()}` : String(error)
  }
  const { user, system } = process.cpuUsage(start)
  const peakBytes = process.resourceUsage().maxRSS * 1024
  const runtime = await comparison(bytes, judged)
  if (runtime === 'differs') finding = 'ONNX Runtime computes something else'
  return {
    seed,
    verdict: judged?.verdict ?? 'failed',
    milliseconds: (user + system) / 1000,
    peakBytes,
    runtime,
    ...(finding === undefined ? {} : { finding: `${finding} (${damages.join(', ')})` }),
  }
}

/** Whether ONNX Runtime computes the same. It may refuse what is read here: the operators' limits are not the same. */
async function comparison(bytes: Uint8Array, judged: Judged | undefined): Promise<HostileAnswer['runtime']> {
  const { graph, inputs, outputs } = judged ?? {}
  if (graph === undefined || inputs === undefined || outputs === undefined) return 'not asked'
  // ONNX Runtime dies of thousands of nodes in a row, and adds great numbers up in another order and in float32.
  if (graph.nodes.length > 500 || ![...graph.constants.values()].every(isFinite)) return 'not asked'
  let expected
  try {
    expected = await runModel(bytes, inputs)
  } catch {
    return 'refused'
  }
  for (const [name, value] of outputs) {
    const other = expected.get(name)
    if (other === undefined || !isFinite(other) || !isFinite(value)) continue
    if (elementTypeOf(other) !== elementTypeOf(value) || relativeDifference(value, other) > 1e-3) return 'differs'
  }
  return 'agrees'
}
