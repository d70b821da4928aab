// Emission: the plan becomes tasks, tasks become instructions, and all of it a program.
import { DlpError } from '../../isa/error.ts'
import { limitsOf } from '../../isa/machine.ts'
import type { LayerRecord, Program, TensorDescriptor } from '../../isa/program.ts'
import { streamTasks } from '../tasks/order.ts'
import { inputOf, type Plan, turnsOf } from '../tasks/plan.ts'
import { initTasks, inTurn } from '../tasks/sequence.ts'
import { syncTasks } from '../tasks/sync.ts'
import { timeTasks } from '../tasks/time.ts'
import { instruction, linked, type Context } from './build.ts'
import { checkLayers } from './check-layers.ts'
import { Constants } from './constants.ts'
import { addParameters } from './parameters.ts'
import { recordLayer } from './record.ts'
import { addTables } from './table.ts'
import { emitTask } from './task.ts'
import { describeLogits, describeMap, tensorsOf } from './tensors.ts'
import { addWeights } from './weights.ts'

/**
 * Builds the program. The first layer runs over some columns first where the machine can and the program memory holds the instructions.
 * @throws DlpError when a memory of the machine is too small for it
 */
export function emit(plan: Plan): Program {
  checkLayers(plan)
  const byColumns = limitsOf(plan.machine).columnRanges
  const program = build(plan, byColumns)
  const isLong = program.instructions.length > plan.machine.instructionWords
  return checkLength(byColumns && isLong ? build(plan, false) : program, plan)
}

function build(plan: Plan, byColumns: boolean): Program {
  const { machine, name, weightsIn, images } = plan
  const { places, resident, tasks } = weightsIn === 'resident' ? inTurn(plan, byColumns) : streamTasks(plan, byColumns)
  const timing = timeTasks(plan, tasks.map(({ task }) => task)) // prettier-ignore
  const links = syncTasks({ plan, places }, tasks.map(({ task }) => task)) // prettier-ignore
  const constants = new Constants()
  const addresses = {
    weights: addWeights(timing.streams, machine, constants),
    parameters: addParameters(plan, constants),
    tables: addTables(plan, constants),
  }
  const context: Context = { plan, places, timing, addresses }
  const halt = instruction('HALT', {})
  const init = [...initTasks(resident).flatMap((task) => emitTask(context, task)), halt]
  const pieces = tasks.map(({ task }, at) => linked(emitTask(context, task), links[at]!))
  const spans = spansOf(tasks.map(({ during }, at) => ({ during, instructions: pieces[at]!.length })), turnsOf(plan)) // prettier-ignore
  return {
    machine,
    name,
    instructions: [...init, ...pieces.flat(), halt],
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

/** [turns] the instructions from the first one of each turn to its last. */
function spansOf(parts: readonly { readonly during?: number; readonly instructions: number }[], turns: number): Span[] {
  const spans = Array.from({ length: turns }, () => ({ first: Number.POSITIVE_INFINITY, end: 0 }))
  let at = 0
  for (const { during, instructions } of parts) {
    const span = during === undefined ? undefined : spans[during]!
    if (span !== undefined) Object.assign(span, { first: Math.min(span.first, at), end: at + instructions })
    at += instructions
  }
  return spans
}

function describeOutput({ graph, maps, layers, machine }: Plan): TensorDescriptor {
  const last = layers.at(-1)!.layer
  if (last.kind === 'logits') return describeLogits(graph, last.scale)
  const placed = maps.get(graph.output)!
  return describeMap(placed.map, placed, 1, 'output', machine)
}

const describeInput = (plan: Plan): TensorDescriptor =>
  describeMap(plan.original.input, inputOf(plan), plan.factor, 'input', plan.machine, plan.preprocessing)

function checkLength(program: Program, { machine, name, images }: Plan): Program {
  const { length } = program.instructions
  if (length <= machine.instructionWords) return program
  throw new DlpError({
    what: `${length} instructions`,
    where: `model '${name}'`,
    allowed: `instructionWords = ${machine.instructionWords}`,
    help: images > 1 ? 'take fewer images a run' : 'use a machine with more instructionWords',
  })
}
