// The machine-dependent half of the compiler: an integer graph becomes a program, one stage a line.
import { emit } from './emit/emit.ts'
import type { IntegerGraph } from './graph/integer.ts'
import { planMemory } from './layout/plan.ts'
import { proveTotals } from './lower/totals.ts'
import { foldInput } from './lower/space-to-depth.ts'
import { checkWindows } from './lower/windows.ts'
import { scheduleLayer, type ScheduledLayer } from './schedule/layer.ts'
import { readFields } from '../isa/bits.ts'
import { DlpError } from '../isa/error.ts'
import { geometriesPerBlock, geometryBits, geometryFields, slotBits, slotFields } from '../isa/formats.ts'
import { addressUnitBytes } from '../isa/instructions.ts'
import { fieldBeyond } from '../isa/limits.ts'
import { limitsOf, type Machine } from '../isa/machine.ts'
import { refusal } from '../isa/validate.ts'
import type { Preprocessing, Program } from '../isa/program.ts'
import type { Progress } from './progress.ts'

export interface BackendOptions {
  readonly name: string
  readonly machine: Machine
  /** absent: resident where the weights fit */
  readonly weightsIn?: 'resident' | 'streamed'
  readonly preprocessing?: Preprocessing
  readonly progress?: Progress
}

export interface BackendResult {
  readonly program: Program
  /** largest proven |cluster sum| over all layers as a share of the accumulator's range */
  readonly overflowBound: number
}

/**
 * Compiles an integer graph for a machine.
 * @throws DlpError when the machine cannot hold or run it, naming the layer
 */
export function compileGraph(
  original: IntegerGraph,
  { name, machine, weightsIn, preprocessing, progress }: BackendOptions,
): BackendResult {
  const { graph, factor } = foldInput(original, machine)
  checkWindows(graph)
  const maps = planMemory(graph, machine)
  const integerMaps = new Map([...maps].map(([map, placed]) => [map, placed.map]))
  let overflowBound = 0
  let seed = 1
  const groupsIn = (rows: number): number => Math.ceil(rows / machine.rows)
  const total = graph.layers.reduce(
    (sum, layer) => sum + (layer.kind === 'maxPool' ? 0 : groupsIn(layer.bias.length)),
    0,
  )
  progress?.stage('schedule', total)
  const layers = graph.layers.map((layer): ScheduledLayer => {
    if (layer.kind === 'maxPool') return { layer }
    proveTotals(layer, integerMaps)
    const scheduled = scheduleLayer(layer, maps, machine, seed, () => progress?.step())
    seed += scheduled.groups.length
    for (const group of scheduled.groups) overflowBound = Math.max(overflowBound, group.overflowBound)
    return scheduled
  })
  progress?.done()
  const beats = layers.reduce(
    (sum, layer) => sum + ('groups' in layer ? layer.groups.reduce((all, { stream }) => all + stream.beats, 0) : 0),
    0,
  )
  const where = weightsIn ?? (beats <= machine.weightBeats ? 'resident' : 'streamed')
  if (where === 'resident' && beats > machine.weightBeats) {
    throw new DlpError({
      what: `the weights need ${beats} beats`,
      where: `model '${name}'`,
      allowed: `weightBeats = ${machine.weightBeats} for resident weights`,
      help: 'use --weights-in streamed, a lower density or fewer bits',
    })
  }
  const program = emit({ name, original, graph, factor, machine, maps, layers, weightsIn: where, preprocessing })
  checkLimits(program)
  return { program, overflowBound }
}

/** Refuses what a machine with limits does not run. */
function checkLimits({ machine, instructions, constants }: Program): void {
  if (machine.limits === undefined) return
  const { geometries, fieldBits } = limitsOf(machine)
  const refuse = (what: string, where: string, allowed: string): DlpError =>
    new DlpError({ what, where, allowed, help: `machine '${machine.name}' is too small for this model` })
  for (const [index, instruction] of instructions.entries()) {
    const broken = refusal(instruction, machine)
    if (broken !== undefined)
      throw refuse(`a ${instruction.op} that machine '${machine.name}' refuses`, `instruction ${index}`, broken)
    if (instruction.op !== 'LOADT') continue
    const first = instruction.address * addressUnitBytes * 8
    const entries = [
      ...Array.from({ length: geometries }, (_, i) => [geometryFields, first + i * geometryBits] as const),
      ...Array.from(
        { length: instruction.slots },
        (_, i) => [slotFields, first + geometriesPerBlock * geometryBits + i * slotBits] as const,
      ),
    ]
    for (const [fields, at] of entries) {
      const wide = fieldBeyond(fields, readFields(constants, at, fields), fieldBits)
      if (wide !== undefined)
        throw refuse(`${wide} of a table's entry`, `instruction ${index} (LOADT)`, `${fieldBits[wide]} bits`)
    }
  }
}
