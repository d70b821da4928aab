// A process that checks damaged models, one seed after the other, and compares those that can be evaluated with ONNX Runtime.

import { elementTypeOf } from '../../compiler/graph/tensor.ts'
import { relativeDifference, runModel } from '../compiler/runtime.ts'
import { hostileModel } from '../support/hostile-models.ts'
import { type Compiled, type Judged, hostileFolder, isFinite, judge, judgeCompiled } from '../support/judge-model.ts'

/** The result of one seed. */
export interface HostileAnswer {
  readonly seed: number
  readonly verdict: Judged['verdict'] | 'failed'
  /** processor time of the compiler's part */
  readonly milliseconds: number
  /** how the whole compiler ended on a model that could be evaluated, and its processor time */
  readonly compiled: Compiled['verdict'] | 'not tried'
  readonly compileMilliseconds: number
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
    finding = faultOf(judged.message)
  } catch (error) {
    finding = textOf(error)
  }
  const milliseconds = millisecondsSince(start)
  const again = process.cpuUsage()
  let compiled: HostileAnswer['compiled'] = 'not tried'
  try {
    if (judged?.verdict === 'evaluated') {
      const { verdict, message } = judgeCompiled(bytes, folder.path, judged)
      compiled = verdict
      finding ??= faultOf(message)
    }
  } catch (error) {
    finding ??= `compiling: ${textOf(error)}`
  }
  const compileMilliseconds = millisecondsSince(again)
  const peakBytes = process.resourceUsage().maxRSS * 1024
  const runtime = await comparison(bytes, judged)
  if (runtime === 'differs') finding = 'ONNX Runtime computes something else'
  return {
    seed,
    verdict: judged?.verdict ?? 'failed',
    milliseconds,
    compiled,
    compileMilliseconds,
    peakBytes,
    runtime,
    ...(finding === undefined ? {} : { finding: `${finding} (${damages.join(', ')})` }),
  }
}

/** What is wrong with a message. */
function faultOf(message: string | undefined): string | undefined {
  if (message === undefined) return undefined
  if (message.length > 4000) return `a message of ${message.length} characters`
  return /^[^:]+: /.test(message) ? undefined : `a message without a place: ${message.slice(0, 200)}`
}

const textOf = (error: unknown): string =>
  error instanceof Error ? `${error.message} ${error.stack?.split('\n')[1]?.trim()}` : String(error)

function millisecondsSince(start: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(start)
  return (user + system) / 1000
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
