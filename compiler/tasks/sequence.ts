// The tasks of a run in program order: layer by layer, the table of each loaded while the one before it computes, and the next image's input,
// a piece a layer, once this one's has been read.
import { defined, elementAt } from '../../base/defined.ts'
import { sourceMaps } from '../graph/integer.ts'
import type { MatrixLayer } from '../schedule/layers.ts'
import { inputPieces, wholeArea } from './input.ts'
import { cutLogits } from './logits.ts'
import type { Area } from './pieces.ts'
import { inputOf, type InputStyle, type Plan, type Turn, turnsOf, walkedRows, outputPositionsOf } from './plan.ts'
import type { ComputeTask, LoadTask, PlacedTask, Task } from './task.ts'
import { placeWeights, weightGroups, type WeightPlan } from './weights.ts'

/** Tasks under construction. */
interface Sequence {
  readonly plan: Plan
  readonly style: InputStyle
  readonly tasks: PlacedTask[]
}

/** What `init` does: parameters of all row groups, and the weights that stay. @param resident [row groups of an image] */
export function initTasks(resident: readonly boolean[]): Task[] {
  const weights = resident.flatMap((stays, group): Task[] => (stays ? [{ kind: 'weights', group }] : []))
  return [...weights, ...(resident.length === 0 ? [] : [{ kind: 'parameters' } as const])]
}

/** The tasks of `infer` in program order, and where their weights lie. */
export interface Tasks extends WeightPlan {
  readonly tasks: readonly PlacedTask[]
}

/** A run whose weights all stay. */
export function inTurn(plan: Plan, style: InputStyle): Tasks {
  const weights = placeWeights(
    plan,
    weightGroups(plan).map(() => true),
  )
  return { ...weights, tasks: inferTasks(plan, weights.resident, style) }
}

/**
 * What `infer` does.
 * @param resident [row groups of an image] whether `init` has loaded their weights
 * @param style how the input arrives
 */
export function inferTasks(plan: Plan, resident: readonly boolean[], style: InputStyle): PlacedTask[] {
  const sequence: Sequence = { plan, style, tasks: [] }
  addTable(sequence, 0)
  for (let image = 0; image < plan.images; image++) addImage(sequence, image, resident)
  return sequence.tasks
}

function addImage(sequence: Sequence, image: number, resident: readonly boolean[]): void {
  const { plan, tasks } = sequence
  const { layers } = plan
  const reader = plan.graph.layers.findLastIndex((layer) => sourceMaps(layer).includes(plan.graph.input.name))
  const next = image + 1 < plan.images ? loadsOf(image + 1, laterAreas(plan, image + 1, sequence.style)) : []
  let ofImage = 0
  layers.forEach((scheduled, layer) => {
    const turn: Turn = { image, layer, number: image * layers.length + layer }
    if ('groups' in scheduled) {
      addMatrix(sequence, scheduled, turn, ofImage, resident)
      ofImage += scheduled.groups.length
    } else addBankOperation(sequence, scheduled.layer.kind === 'maxPool' ? 'pool' : 'copy', turn)
    // The first layer has the second one's table loaded behind its own first instructions.
    if (layer > 0) addTable(sequence, turn.number + 1)
    if (layer >= reader) tasks.push(...next.splice(0, 1).map((task) => ({ task })))
  })
  tasks.push(...next.map((task) => ({ task })))
  if (defined(layers.at(-1)).layer.kind !== 'logits') tasks.push({ task: { kind: 'store', image } })
}

/** The areas in which an image's input arrives while others compute: whole rows. */
function laterAreas(plan: Plan, image: number, style: InputStyle): Area[] {
  const first = elementAt(plan.layers, 0)
  return 'groups' in first ? inputPieces(plan, first, image, style).map(({ load }) => load) : [wholeArea(inputOf(plan))]
}

const loadsOf = (image: number, areas: readonly Area[]): LoadTask[] =>
  areas.map((area, at) => ({ kind: 'load', image, area, isFirst: at === 0 }))

/** The table of the layer before which `number` others come, if there is such a layer. */
function addTable({ plan, tasks }: Sequence, number: number, during?: number): void {
  if (number >= turnsOf(plan)) return
  const { length } = plan.layers
  const turn = { image: Math.floor(number / length), layer: number % length, number }
  tasks.push({ task: { kind: 'table', turn }, during })
}

/** A pool or a copy; the first layer of a run loads the whole input before. */
function addBankOperation(sequence: Sequence, kind: 'pool' | 'copy', turn: Turn): void {
  const { plan, tasks } = sequence
  const add = (task: Task): void => void tasks.push({ task, during: turn.number })
  if (turn.number === 0) loadsOf(0, [wholeArea(inputOf(plan))]).forEach(add)
  add({ kind: 'layer', turn })
  add({ kind, turn })
  if (turn.layer === 0) addTable(sequence, turn.number + 1, turn.number)
}

/** A layer with weights: a COMPUTE a row group, or one a piece where the input still arrives, and the logits' way out. */
function addMatrix(
  sequence: Sequence,
  scheduled: MatrixLayer,
  turn: Turn,
  firstOfImage: number,
  resident: readonly boolean[],
): void {
  const { plan, tasks } = sequence
  const { layer, groups } = scheduled
  const add = (task: Task): void => void tasks.push({ task, during: turn.number })
  const walk = outputPositionsOf(plan, layer)
  const positions = walkedRows(walk) * walk.placed.patch.width
  const stored =
    layer.kind === 'logits'
      ? cutLogits(
          plan.machine,
          layer,
          groups.map(({ stream }) => stream.beats * positions),
          sequence.style !== 'whole',
        )
      : []
  if (turn.layer > 0) add({ kind: 'layer', turn })
  groups.forEach((_, group) => {
    const ofImage = firstOfImage + group
    const ofRun = turn.image * resident.length + ofImage
    if (!elementAt(resident, ofImage)) add({ kind: 'weights', group: ofRun })
    const compute: ComputeTask = { kind: 'compute', turn, group, ofImage, ofRun }
    if (turn.layer === 0 && group === 0) addPieces(sequence, scheduled, compute)
    else add(compute)
    for (const { after, first, count } of stored)
      if (after === group) add({ kind: 'storeLogits', image: turn.image, first, count })
  })
}

/** The first row group, a COMPUTE a piece; loading stays one piece ahead of computing, or a whole image where it is not the first. */
function addPieces(sequence: Sequence, scheduled: MatrixLayer, compute: ComputeTask): void {
  const { plan, style, tasks } = sequence
  const { turn } = compute
  const { width } = outputPositionsOf(plan, scheduled.layer).placed.patch
  const pieces = inputPieces(plan, scheduled, turn.image, style)
  const loads =
    turn.image === 0
      ? loadsOf(
          0,
          pieces.map(({ load }) => load),
        )
      : []
  const add = (...more: readonly Task[]): void =>
    void tasks.push(...more.map((task) => ({ task, during: turn.number })))
  let inForce = { firstColumn: 0, columns: width }
  const setColumns = ({ firstColumn, columns }: typeof inForce): void => {
    if (firstColumn === inForce.firstColumn && columns === inForce.columns) return
    inForce = { firstColumn, columns }
    add({ kind: 'columns', firstColumn, columns })
  }
  add(...loads.slice(0, 1))
  pieces.forEach(({ compute: area }, number) => {
    add(...loads.slice(number + 1, number + 2))
    if (number === 0) add({ kind: 'layer', turn })
    setColumns(area)
    add({ ...compute, area })
    if (number === 0) addTable(sequence, turn.number + 1, turn.number)
  })
  // The other row groups run over all columns.
  if (scheduled.groups.length > 1) setColumns({ firstColumn: 0, columns: width })
}
