// Emission: a plan becomes tasks, tasks become instructions, and these a program.
import { defined, elementAt } from '../../base/defined.ts'
import type { LegalInstruction } from '../../isa/instruction.ts'
import { limitsOf, type Machine } from '../../isa/model/machine.ts'
import type { LayerRecord, Program, TensorDescriptor } from '../../isa/program.ts'
import { versionsOf } from '../../isa/versions.ts'
import { checkCapacity, firstRefusal, isRefused, type Refusal } from '../refusal.ts'
import { streamTasks } from '../tasks/order.ts'
import { inputOf, type InputStyle, type Plan, streamsOf, stripeCount } from '../tasks/plan.ts'
import { mostResident } from '../tasks/resident.ts'
import { inferTasks, initTasks, residentTasks } from '../tasks/sequence.ts'
import { type Links, syncTasks } from '../tasks/sync.ts'
import type { PlacedTask, Task } from '../tasks/task.ts'
import { timeTasks } from '../tasks/time.ts'
import { type Context, instruction, linked } from './build.ts'
import { checkLayers } from './check-layers.ts'
import { Constants } from './constants.ts'
import { checkImplementationLimits } from './implementation-limits.ts'
import { addParameters } from './parameters.ts'
import { recordLayer } from './record.ts'
import { addTables } from './table.ts'
import { emitTask } from './task.ts'
import { describeLogits, describeMap, tensorsOf } from './tensors.ts'
import { addWeights } from './weights.ts'

/**
 * Builds the program, with the finest division of the input whose instructions fit the program memory. Refused if a memory of the machine is too
 * small for it.
 * @throws DlpError if a COMPUTE would have to wait longer than its gap can be
 */
export function emit(plan: Plan): Program | Refusal {
  const { machine, name } = plan
  const refusal = checkLayers(plan)
  if (refusal !== undefined) return refusal
  const styles: readonly InputStyle[] = limitsOf(machine).columnRanges
    ? ['columns', 'rows', 'whole']
    : ['rows', 'whole']
  for (const style of styles) {
    const { locations, resident, tasks } =
      plan.weightsIn === 'resident' ? residentTasks(plan, style) : streamTasks(plan, style)
    const list = tasks.map(({ task }) => task)
    const timing = timeTasks(plan, list)
    const links = syncTasks({ plan, locations }, list)
    const built = build({ plan, locations, timing }, initTasks(resident), list, links)
    if (isRefused(built)) return built
    if (built.init.length + built.infer.flat().length <= machine.instructionWords || style === 'whole')
      return demandInstructions(built, machine, name, false) ?? programOf(plan, built, tasks)
  }
  throw new Error('the last style returns')
}

/**
 * Refuses what no schedule can make fit, judged by the instructions and constants that every program of a placed graph has. It refuses as `emit`
 * would, and as `checkImplementationLimits` would refuse the program.
 * @param plan with streams of as many beats as each row group's lower bound; the contents of the beats are not read
 * @param haveRoom whether all weights are known to fit the weight memory: if streamed, they are then loaded for every image
 */
export function checkOutline(plan: Plan, haveRoom: boolean): Refusal | undefined {
  const { machine, name } = plan
  const refusal = checkLayers(plan, true)
  if (refusal !== undefined) return refusal
  // The locations of weights, and which of them are resident, depend on the final number of beats.
  const beats = streamsOf(plan).map((stream) => stream.beats)
  const resident =
    plan.weightsIn === 'resident' ? beats.map(() => true) : mostResident(beats, machine.weightBeats, haveRoom)
  const locations = Array.from({ length: plan.images }, () => beats.map((count) => ({ beat: 0, beats: count }))).flat()
  const placed = inferTasks(plan, resident, 'whole')
  const tasks = placed.map(({ task }) => task)
  const timing = { starts: new Map(tasks.map((task) => [task, noWait])), streams: streamsOf(plan) }
  const built = build(
    { plan, locations, timing },
    initTasks(resident),
    tasks,
    tasks.map(() => noLinks),
  )
  if (isRefused(built)) return built
  const constantsAt = (address: number) => ({ bytes: defined(built.constants.at(address)), at: 0 })
  // These instructions are not the program's, so messages name their layers.
  const model = `model '${name}'`
  return (
    demandInstructions(built, machine, name, true) ??
    checkImplementationLimits({ machine, instructions: built.init }, constantsAt, () => model) ??
    firstRefusal(built.infer.entries(), ([at, instructions]) => {
      const stripe = placed[at] && stripeOf(placed[at])
      const where =
        stripe === undefined ? model : `layer '${elementAt(plan.layers, stripe % plan.layers.length).layer.name}'`
      return checkImplementationLimits({ machine, instructions }, constantsAt, () => where)
    })
  )
}

/** The number of the stripe that a task belongs to; undefined if it belongs to none. */
const stripeOf = ({ task, during }: PlacedTask): number | undefined => ('stripe' in task ? task.stripe.number : during)

const noWait = { firstRow: 0, gap: 0 }
const noLinks = { wait: 0, signal: 0 }

/** Instructions and constants of a plan. */
interface Built {
  readonly constants: Constants
  readonly init: readonly LegalInstruction[]
  /** [tasks], then HALT */
  readonly infer: readonly (readonly LegalInstruction[])[]
}

function build(
  placed: Omit<Context, 'addresses'>,
  init: readonly Task[],
  infer: readonly Task[],
  links: readonly Links[],
): Built | Refusal {
  const { plan, timing } = placed
  const constants = new Constants(plan.machine, `model '${plan.name}'`)
  const weights = addWeights(timing.streams, plan.machine, constants)
  if (constants.refusal !== undefined) return constants.refusal
  const parameters = addParameters(plan, constants)
  if (isRefused(parameters)) return parameters
  const addresses = { weights, parameters, tables: addTables(plan, constants) }
  if (constants.refusal !== undefined) return constants.refusal
  const context: Context = { ...placed, addresses }
  const halt = instruction('HALT', {})
  return {
    constants,
    init: [...init.flatMap((task) => emitTask(context, task)), halt],
    infer: [...infer.map((task, at) => linked(emitTask(context, task), elementAt(links, at))), [halt]],
  }
}

function demandInstructions(
  { init, infer }: Built,
  machine: Machine,
  name: string,
  isLeast: boolean,
): Refusal | undefined {
  return checkCapacity('instructionWords', init.length + infer.flat().length, machine, `model '${name}'`, isLeast)
}

function programOf(plan: Plan, { constants, init, infer }: Built, tasks: readonly PlacedTask[]): Program {
  const { machine, name, weightsIn, images } = plan
  const spans = spansOf(
    tasks.map(({ during }, at) => ({ during, instructions: elementAt(infer, at).length })),
    stripeCount(plan),
  )
  const instructions = [...init, ...infer.flat()]
  return {
    machine,
    versions: versionsOf(instructions),
    name,
    instructions,
    entry: { init: 0, infer: init.length },
    constants: constants.bytes(),
    inputs: tensorsOf(describeInput(plan), images),
    outputs: tensorsOf(describeOutput(plan), images),
    layers: spans.map(({ first, end }, number): LayerRecord => ({
      ...recordLayer(plan, number % plan.layers.length, { first: init.length + first, end: init.length + end }),
      ...(images === 1 ? {} : { image: Math.floor(number / plan.layers.length) }),
    })),
    weightsIn,
    scratchBytes: 0,
  }
}

interface Span {
  readonly first: number
  readonly end: number
}

/** [stripes] the instructions from the first one of each stripe to its last. */
function spansOf(
  parts: readonly { readonly during?: number; readonly instructions: number }[],
  stripes: number,
): Span[] {
  const spans = Array.from({ length: stripes }, () => ({ first: Number.POSITIVE_INFINITY, end: 0 }))
  let at = 0
  for (const { during, instructions } of parts) {
    const span = during === undefined ? undefined : elementAt(spans, during)
    if (span !== undefined) Object.assign(span, { first: Math.min(span.first, at), end: at + instructions })
    at += instructions
  }
  return spans
}

function describeOutput({ graph, maps, layers, machine }: Plan): TensorDescriptor {
  const last = defined(layers.at(-1)).layer
  if (last.kind === 'logits') return describeLogits(graph, last.scale)
  const placed = defined(maps.get(graph.output))
  return describeMap(placed.map, placed, 1, 'output', machine)
}

const describeInput = (plan: Plan): TensorDescriptor =>
  describeMap(plan.original.input, inputOf(plan), plan.factor, 'input', plan.machine, plan.preprocessing)
