// When the tasks of the compute queue may begin: first rows and gaps, and the order of beats with which COMPUTEs wait least.
import { defined, elementAt } from '../../base/defined.ts'
import type { BankOperation } from '../../isa/instruction.ts'
import type { CompileCache } from '../cache.ts'
import { sourcesOf, sumsPixels } from '../graph/integer.ts'
import { BeatOrder } from '../matching/beat-order.ts'
import type { PlacedMap } from '../placement/storage.ts'
import { planRelayout } from '../placement/relayout-plan.ts'
import { orderedStream } from '../schedule/cached.ts'
import type { MatrixLayer } from '../schedule/layers.ts'
import { ColumnIndex, verifyStream } from '../schedule/verify-stream.ts'
import { slotChannels, type Machine } from '../../isa/model/machine.ts'
import { bankBeatToWriteCycles } from '../../isa/timing.ts'
import type { BeatStream } from '../../isa/weights/beats.ts'
import { GapModel, type TimedCompute, type Start } from './gaps.ts'
import { type Plan, streamsOf, positionRows, outputPositionsOf } from './plan.ts'
import type { BankOperationTask, ComputeTask, Task } from './task.ts'

export interface Timing {
  /** of every COMPUTE and bank operation: the row with which it begins, and its gap in cycles */
  readonly starts: ReadonlyMap<Task, Start>
  /** [row groups of an image] their beats in the order of execution */
  readonly streams: readonly BeatStream[]
}

/** @param tasks in program order @throws DlpError if a COMPUTE would have to wait longer than its gap can be */
export function timeTasks(plan: Plan, tasks: readonly Task[]): Timing {
  const gaps = new GapModel(plan.machine)
  const streams = streamsOf(plan)
  const verifiers = new Map<MatrixLayer, Verifier>()
  let columns: TimedCompute['columns']
  const starts = tasks.flatMap((task): [Task, Start][] => {
    switch (task.kind) {
      case 'layer':
        columns = undefined
        return []
      case 'columns':
        columns = { firstColumn: task.firstColumn, columns: task.columns }
        return []
      case 'compute':
        return [[task, computeStart(task)]]
      case 'pool':
      case 'relayout': {
        // A bank operation of the same kind before has not yet written its last words.
        const follows = gaps.beginBankOperation(bankOperationOf(plan, task))
        return [[task, { firstRow: 0, gap: follows ? bankBeatToWriteCycles : 0 }]]
      }
      default:
        return []
    }
  })
  return { starts: new Map(starts), streams }

  function computeStart(task: ComputeTask): Start {
    const { area, ofImage, stripe } = task
    const compute = timedCompute(plan, task, elementAt(streams, ofImage))
    if (area !== undefined) return gaps.chooseAndBegin({ ...compute, rows: area.rows, columns }, [area.firstRow])
    // If only some rows are computed, they are the first ones.
    const rows = compute.rows < compute.patch.height ? [0] : Array.from({ length: compute.rows }, (_, row) => row)
    const start = gaps.choose(compute, rows)
    // The order of beats is chosen for the first image.
    if (start.gap === 0 || stripe.image > 0) return gaps.begin(compute, start)
    const ordered = orderBeats(compute, rows, gaps, plan.machine, knownOrders(task))
    streams[ofImage] = ordered.stream
    return gaps.begin(ordered, gaps.choose(ordered, rows))
  }

  function knownOrders({ stripe, group }: ComputeTask): KnownOrders | undefined {
    if (plan.cache === undefined) return undefined
    const scheduled = plan.layers[stripe.layer] as MatrixLayer
    const verifier = verifiers.get(scheduled) ?? verifierOf(scheduled, plan.machine)
    verifiers.set(scheduled, verifier)
    return { cache: plan.cache, isSame: (stream) => verifier(stream, group) }
  }
}

/** Orders of earlier compilations, and a check that a stream still computes what the given one does. */
interface KnownOrders {
  readonly cache: CompileCache
  readonly isSame: (stream: BeatStream) => boolean
}

/**
 * The same COMPUTE with its beats in the order in which it waits least.
 * @param firstRows rows with which it may begin
 */
export function orderBeats(
  compute: TimedCompute,
  firstRows: readonly number[],
  gaps: GapModel,
  machine: Machine,
  known?: KnownOrders,
): TimedCompute {
  const { stream } = compute
  const before = gaps.pendingBeats
  const order = new BeatOrder(stream, machine, before)
  let least = Number.POSITIVE_INFINITY
  let best = gaps.release(compute, elementAt(firstRows, 0))
  for (const firstRow of firstRows) {
    const release = gaps.release(compute, firstRow)
    const wait = order.wait(release)
    if (wait < least) [least, best] = [wait, release]
    if (wait === 0) break
  }
  const make = (): BeatStream => order.ordered(best)
  if (known === undefined) return { ...compute, stream: make() }
  const { cache, isSame } = known
  const releases = order.releasesOfReads(best)
  return { ...compute, stream: orderedStream(cache, { stream, machine, releases, before, isSame }, make) }
}

/** The instruction of a pool or a relayout. */
function bankOperationOf({ layers, maps }: Plan, { stripe }: BankOperationTask): BankOperation['op'] {
  const { layer } = elementAt(layers, stripe.layer)
  return layer.kind === 'relayout'
    ? planRelayout(layer, defined(maps.get(layer.source)), defined(maps.get(layer.output.name))).op
    : 'POOL'
}

function timedCompute(plan: Plan, { stripe, group }: ComputeTask, stream: BeatStream): TimedCompute {
  const { layer, columns } = plan.layers[stripe.layer] as MatrixLayer
  const outputs = outputPositionsOf(plan, layer)
  return {
    layer: layer.name,
    stream,
    ...columns,
    patch: outputs.placed.patch,
    rows: positionRows(outputs),
    output:
      outputs.written === undefined ? undefined : groupOutput(outputs.written, group, plan.machine, sumsPixels(layer)),
  }
}

/** The output side of a row group: its first slot. */
export function groupOutput(
  { base, planes, planeStride, startBank }: PlacedMap,
  group: number,
  machine: Machine,
  laneSum: boolean,
): NonNullable<TimedCompute['output']> {
  const slot = (group * machine.rows) / slotChannels(machine)
  return { base: base + slot * planes * planeStride, planes, planeStride, startBank, laneSum }
}

/** Whether a stream computes a row group of a layer. */
type Verifier = (stream: BeatStream, group: number) => boolean

/** The verifier of a layer; its columns are indexed at the first use. */
function verifierOf({ layer, columns }: MatrixLayer, machine: Machine): Verifier {
  let index: ColumnIndex | undefined
  return (stream, group) => {
    index ??= new ColumnIndex(columns, machine)
    return verifyStream(stream, sourcesOf(layer), columns, index, group * machine.rows, machine) !== undefined
  }
}
