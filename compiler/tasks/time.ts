// When the compute queue's tasks may begin: first rows and gaps, and the order of beats in which passes wait least.
import { defined, elementAt } from '../../base/defined.ts'
import type { BankOperation } from '../../isa/instruction.ts'
import { sourcesOf, sumsPixels } from '../graph/integer.ts'
import type { PlacedMap } from '../placement/storage.ts'
import { planCopy } from '../placement/copy-plan.ts'
import { ColumnIndex, provenBound } from '../schedule/serves.ts'
import type { MatrixLayer } from '../schedule/layers.ts'
import { slotChannels, type Machine } from '../../isa/model/machine.ts'
import { bankBeatToWriteCycles } from '../../isa/timing.ts'
import type { BeatStream } from '../../isa/weights/beats.ts'
import { orderPass } from './beat-order.ts'
import { GapModel, type ComputeTiming, type Start } from './gaps.ts'
import { type Plan, streamsOf, walkedRows, outputPositionsOf } from './plan.ts'
import type { BankTask, ComputeTask, Task } from './task.ts'

export interface Timing {
  /** of every COMPUTE and bank operation: the row with which it begins, and the cycles that it waits */
  readonly starts: ReadonlyMap<Task, Start>
  /** [row groups of an image] their beats in the order in which they run */
  readonly streams: readonly BeatStream[]
}

/** @param tasks in program order @throws DlpError where a pass would have to wait longer than a gap can say */
export function timeTasks(plan: Plan, tasks: readonly Task[]): Timing {
  const gaps = new GapModel(plan.machine)
  const streams = streamsOf(plan)
  const proofs = new Map<MatrixLayer, Proof>()
  let columns: ComputeTiming['columns']
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
      case 'copy':
        // Another of its kind before has not yet written its last words.
        return [[task, { firstRow: 0, gap: gaps.settle(opOf(plan, task)) ? bankBeatToWriteCycles : 0 }]]
      default:
        return []
    }
  })
  return { starts: new Map(starts), streams }

  function computeStart(task: ComputeTask): Start {
    const { area, ofImage, turn } = task
    const pass = passOf(plan, task, elementAt(streams, ofImage))
    if (area !== undefined) return gaps.place({ ...pass, rows: area.rows, columns }, [area.firstRow])
    // Some of the rows only from the first on.
    const rows = pass.rows < pass.patch.height ? [0] : Array.from({ length: pass.rows }, (_, row) => row)
    const start = gaps.choose(pass, rows)
    // The first image decides on the order of the beats.
    if (start.gap === 0 || turn.image > 0) return gaps.begin(pass, start)
    const ordered = orderPass(pass, rows, gaps, plan.machine, knownOrders(task))
    streams[ofImage] = ordered.stream
    return gaps.begin(ordered, gaps.choose(ordered, rows))
  }

  function knownOrders({ turn, group }: ComputeTask): Parameters<typeof orderPass>[4] {
    if (plan.cache === undefined) return undefined
    const scheduled = plan.layers[turn.layer] as MatrixLayer
    const proof = proofs.get(scheduled) ?? proofOf(scheduled, plan.machine)
    proofs.set(scheduled, proof)
    return { cache: plan.cache, isSame: (stream) => proof(stream, group) }
  }
}

/** The instruction of a pool or a copy. */
export function opOf({ layers, maps }: Plan, { turn }: BankTask): BankOperation['op'] {
  const { layer } = elementAt(layers, turn.layer)
  return layer.kind === 'copy'
    ? planCopy(layer, defined(maps.get(layer.source)), defined(maps.get(layer.output.name))).op
    : 'POOL'
}

function passOf(plan: Plan, { turn, group }: ComputeTask, stream: BeatStream): ComputeTiming {
  const { layer, columns } = plan.layers[turn.layer] as MatrixLayer
  const walk = outputPositionsOf(plan, layer)
  return {
    layer: layer.name,
    stream,
    ...columns,
    patch: walk.placed.patch,
    rows: walkedRows(walk),
    output: walk.written === undefined ? undefined : groupOutput(walk.written, group, plan.machine, sumsPixels(layer)),
  }
}

/** Where a row group writes: its first slot. */
export function groupOutput(
  { base, planes, planeStride, startBank }: PlacedMap,
  group: number,
  machine: Machine,
  laneSum: boolean,
): NonNullable<ComputeTiming['output']> {
  const slot = (group * machine.rows) / slotChannels(machine)
  return { base: base + slot * planes * planeStride, planes, planeStride, startBank, laneSum }
}

/** Whether a stream computes a row group of a layer; columns are looked up only where that is asked. */
type Proof = (stream: BeatStream, group: number) => boolean

function proofOf({ layer, columns }: MatrixLayer, machine: Machine): Proof {
  let index: ColumnIndex | undefined
  return (stream, group) => {
    index ??= new ColumnIndex(columns, machine)
    return provenBound(stream, sourcesOf(layer), columns, index, group * machine.rows, machine) !== undefined
  }
}
