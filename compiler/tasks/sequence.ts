// The tasks of a run in program order. Stripe follows stripe; the table of each is loaded while the one before it computes. The next image's input is
// loaded once this one's has been read, a chunk a layer.
import { defined, elementAt } from '../../base/defined.ts'
import { sourceMaps } from '../graph/integer.ts'
import type { MatrixLayer } from '../schedule/layers.ts'
import { cutLogits } from './logits.ts'
import { type Area, inputChunks, wholeArea } from './input-chunks.ts'
import {
  inputOf,
  type InputStyle,
  type Plan,
  type Stripe,
  stripeCount,
  positionRows,
  outputPositionsOf,
} from './plan.ts'
import type { ComputeTask, LoadTask, PlacedTask, Task } from './task.ts'
import { placeWeights, weightGroups, type WeightPlan } from './weights.ts'

/** Tasks under construction. */
interface Sequence {
  readonly plan: Plan
  readonly style: InputStyle
  readonly tasks: PlacedTask[]
}

/** The tasks of `init`: the weights that stay, and the parameters of all row groups. @param resident [row groups of an image] */
export function initTasks(resident: readonly boolean[]): Task[] {
  const weights = resident.flatMap((stays, group): Task[] => (stays ? [{ kind: 'weights', group }] : []))
  return [...weights, ...(resident.length === 0 ? [] : [{ kind: 'parameters' } as const])]
}

/** The tasks of `infer` in program order, and the locations of their weights. */
export interface Tasks extends WeightPlan {
  readonly tasks: readonly PlacedTask[]
}

/** A run whose weights are all resident. */
export function residentTasks(plan: Plan, style: InputStyle): Tasks {
  const weights = placeWeights(
    plan,
    weightGroups(plan).map(() => true),
  )
  return { ...weights, tasks: inferTasks(plan, weights.resident, style) }
}

/**
 * The tasks of `infer`.
 * @param resident [row groups of an image] whether `init` has loaded their weights
 * @param style how the input is divided
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
    const stripe: Stripe = { image, layer, number: image * layers.length + layer }
    if ('groups' in scheduled) {
      addMatrix(sequence, scheduled, stripe, ofImage, resident)
      ofImage += scheduled.groups.length
    } else addBankOperation(sequence, scheduled.layer.kind === 'maxPool' ? 'pool' : 'relayout', stripe)
    // The first layer adds the second one's table itself, after its own first instructions.
    if (layer > 0) addTable(sequence, stripe.number + 1)
    if (layer >= reader) tasks.push(...next.splice(0, 1).map((task) => ({ task })))
  })
  tasks.push(...next.map((task) => ({ task })))
  if (defined(layers.at(-1)).layer.kind !== 'logits') tasks.push({ task: { kind: 'store', image } })
}

/** The areas of a later image's input, which is loaded while others compute: whole rows. */
function laterAreas(plan: Plan, image: number, style: InputStyle): Area[] {
  const first = elementAt(plan.layers, 0)
  return 'groups' in first ? inputChunks(plan, first, image, style).map(({ load }) => load) : [wholeArea(inputOf(plan))]
}

const loadsOf = (image: number, areas: readonly Area[]): LoadTask[] =>
  areas.map((area, at) => ({ kind: 'load', image, area, isFirst: at === 0 }))

/** Adds the table of stripe `number`, if the run has so many. */
function addTable({ plan, tasks }: Sequence, number: number, during?: number): void {
  if (number >= stripeCount(plan)) return
  const { length } = plan.layers
  const stripe = { image: Math.floor(number / length), layer: number % length, number }
  tasks.push({ task: { kind: 'table', stripe }, during })
}

/** Adds a pool or a relayout. The first stripe of a run loads the whole input before. */
function addBankOperation(sequence: Sequence, kind: 'pool' | 'relayout', stripe: Stripe): void {
  const { plan, tasks } = sequence
  const add = (task: Task): void => void tasks.push({ task, during: stripe.number })
  if (stripe.number === 0) loadsOf(0, [wholeArea(inputOf(plan))]).forEach(add)
  add({ kind: 'layer', stripe })
  add({ kind, stripe })
  if (stripe.layer === 0) addTable(sequence, stripe.number + 1, stripe.number)
}

/** Adds a layer with weights: a COMPUTE for each row group, or for each chunk while the input arrives, and the stores of the logits. */
function addMatrix(
  sequence: Sequence,
  scheduled: MatrixLayer,
  stripe: Stripe,
  firstOfImage: number,
  resident: readonly boolean[],
): void {
  const { plan, tasks } = sequence
  const { layer, groups } = scheduled
  const add = (task: Task): void => void tasks.push({ task, during: stripe.number })
  const outputs = outputPositionsOf(plan, layer)
  const positions = positionRows(outputs) * outputs.placed.patch.width
  const stored =
    layer.kind === 'logits'
      ? cutLogits(
          plan.machine,
          layer,
          groups.map(({ stream }) => stream.beats * positions),
          sequence.style !== 'whole',
        )
      : []
  if (stripe.layer > 0) add({ kind: 'layer', stripe })
  groups.forEach((_, group) => {
    const ofImage = firstOfImage + group
    const ofRun = stripe.image * resident.length + ofImage
    if (!elementAt(resident, ofImage)) add({ kind: 'weights', group: ofRun })
    const compute: ComputeTask = { kind: 'compute', stripe, group, ofImage, ofRun }
    if (stripe.layer === 0 && group === 0) addChunks(sequence, scheduled, compute)
    else add(compute)
    for (const { after, first, count } of stored)
      if (after === group) add({ kind: 'storeLogits', image: stripe.image, first, count })
  })
}

/** Adds the first row group of the first layer, a COMPUTE for each chunk. Loading is one chunk ahead of computing; later images are loaded already. */
function addChunks(sequence: Sequence, scheduled: MatrixLayer, compute: ComputeTask): void {
  const { plan, style, tasks } = sequence
  const { stripe } = compute
  const { width } = outputPositionsOf(plan, scheduled.layer).placed.patch
  const chunks = inputChunks(plan, scheduled, stripe.image, style)
  const loads =
    stripe.image === 0
      ? loadsOf(
          0,
          chunks.map(({ load }) => load),
        )
      : []
  const add = (...more: readonly Task[]): void =>
    void tasks.push(...more.map((task) => ({ task, during: stripe.number })))
  let current = { firstColumn: 0, columns: width }
  const setColumns = ({ firstColumn, columns }: typeof current): void => {
    if (firstColumn === current.firstColumn && columns === current.columns) return
    current = { firstColumn, columns }
    add({ kind: 'columns', firstColumn, columns })
  }
  add(...loads.slice(0, 1))
  chunks.forEach(({ compute: area }, number) => {
    add(...loads.slice(number + 1, number + 2))
    if (number === 0) add({ kind: 'layer', stripe })
    setColumns(area)
    add({ ...compute, area })
    if (number === 0) addTable(sequence, stripe.number + 1, stripe.number)
  })
  // The other row groups run over all columns.
  if (scheduled.groups.length > 1) setColumns({ firstColumn: 0, columns: width })
}
