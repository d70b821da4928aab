// Reuse of an older program's schedules: its bank reads are kept if they still cover every operand, and only the assignments are made again.
import type { Machine } from '../../isa/model/machine.ts'
import { type BeatStream, pageOf, usedBanks } from '../../isa/weights/beats.ts'
import { partOfBeats, partsOf, shiftsBehind } from '../../isa/weights/parts.ts'
import { demandOf } from './demand.ts'
import { Matching } from './matching.ts'
import { checkProblem, type PhaseProblem, type PhaseSchedule } from './problem.ts'
import { ReadTable } from './reads.ts'
import { slotOf, assignmentOf } from './slots.ts'
import { asSchedule } from './tables.ts'
import { firstMatching } from './unmatched.ts'

/** Identifies the beats of a cluster, part, phase and page. */
export interface SegmentKey {
  readonly cluster: number
  readonly part: number
  readonly phase: number
  readonly page: number
}

/** Old beats may exceed the lower bound by this share plus these beats; if they are more, a new search gains. */
const tolerance = { share: 0.05, beats: 2 } as const

/** The beats of one row group of an older program, by segment. */
export class OldGroup {
  readonly #stream: BeatStream
  readonly #machine: Machine
  /** beats of each segment in which any row takes an operand, ascending */
  readonly #beats = new Map<string, number[]>()

  constructor(stream: BeatStream, machine: Machine) {
    this.#stream = stream
    this.#machine = machine
    this.#index()
  }

  /**
   * The schedule of a problem with the old bank reads; undefined if they do not cover all operands, or take too many beats.
   * @param ids [columns × B] the id under which a bank finds a column
   */
  scheduleOf(problem: PhaseProblem, segment: SegmentKey, ids: Uint8Array): PhaseSchedule | undefined {
    checkProblem(problem)
    const beats = this.#beats.get(keyOf(segment)) ?? []
    const demand = demandOf(problem)
    const enough = Math.max(demand.lowerBound, problem.minimumBeats ?? 0)
    const tooLong = beats.length > (1 + tolerance.share) * enough + tolerance.beats
    if (beats.length < demand.lowerBound || beats.length === 0 || tooLong) return undefined
    const { banks, columns, bankMask } = problem
    const columnOf = new Map<number, number>()
    for (let column = 0; column < columns; column++)
      for (let bank = 0; bank < banks; bank++)
        if (((bankMask[column]! >>> bank) & 1) === 1)
          columnOf.set(assignmentOf(ids[column * banks + bank]!, bank), column)
    const table = new ReadTable(columns, beats.length, demand.leastReads)
    for (const [at, beat] of beats.entries())
      for (const [bank, id] of this.#used(beat, segment.cluster))
        table.replace(slotOf(at, bank), columnOf.get(assignmentOf(id, bank)) ?? -1)
    const matching = new Matching(problem.rows, table, beats.length)
    return firstMatching(demand, matching).length === 0 ? asSchedule(demand, matching) : undefined
  }

  #index(): void {
    const { clusters, rows } = this.#machine
    const { beats, flags } = this.#stream
    const partOf = partOfBeats(partsOf(flags, clusters, 0, beats), beats)
    const phaseOf = shiftsBehind(flags, clusters, 0, beats)
    for (let beat = 0, at = 0; beat < beats; beat++)
      for (let cluster = 0; cluster < clusters; cluster++, at++) {
        if (usedBanks(this.#stream, at, rows) === 0) continue
        const key = keyOf({ cluster, part: partOf[beat]!, phase: phaseOf[at]!, page: pageOf(flags[at]!) })
        const own = this.#beats.get(key)
        if (own === undefined) this.#beats.set(key, [beat])
        else own.push(beat)
      }
  }

  /** Banks from which any row takes an operand in a beat, with the ids that they read. */
  #used(beat: number, cluster: number): Map<number, number> {
    const { clusters, rows, banks } = this.#machine
    const { values, selects, ids } = this.#stream
    const at = beat * clusters + cluster
    const used = new Map<number, number>()
    for (let row = 0; row < rows; row++) {
      const entry = at * rows + row
      if (values[entry] !== 0) used.set(selects[entry]!, ids[at * banks + selects[entry]!]!)
    }
    return used
  }
}

const keyOf = ({ cluster, part, phase, page }: SegmentKey): string => `${cluster}:${part}:${phase}:${page}`
