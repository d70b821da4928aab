// Schedules of an older program: its reads are taken over where they still serve every need, so that only the rows are matched anew.
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

/** Where a run stands: see `ScheduledPhase`. */
export interface SegmentKey {
  readonly cluster: number
  readonly part: number
  readonly phase: number
  readonly page: number
}

/** A run's beats may exceed its bound by this share and these beats: else a new search pays. */
const longer = { share: 0.05, beats: 2 } as const

/** The beats of one row group, found by the place of their run. */
export class OldGroup {
  readonly #stream: BeatStream
  readonly #machine: Machine
  /** Beats of each run in which a row takes something, ascending. */
  readonly #beats = new Map<string, number[]>()

  constructor(stream: BeatStream, machine: Machine) {
    this.#stream = stream
    this.#machine = machine
    this.#index()
  }

  /**
   * The schedule that the old reads make of a problem; undefined where they do not serve it, or no longer well.
   *
   * @param ids [columns × B] the id under which a bank finds a column
   */
  scheduleOf(problem: PhaseProblem, place: SegmentKey, ids: Uint8Array): PhaseSchedule | undefined {
    checkProblem(problem)
    const beats = this.#beats.get(keyOf(place)) ?? []
    const demand = demandOf(problem)
    const enough = Math.max(demand.lowerBound, problem.minimumBeats ?? 0)
    const tooLong = beats.length > (1 + longer.share) * enough + longer.beats
    if (beats.length < demand.lowerBound || beats.length === 0 || tooLong) return undefined
    const { banks, columns, bankMask } = problem
    const columnOf = new Map<number, number>()
    for (let column = 0; column < columns; column++)
      for (let bank = 0; bank < banks; bank++)
        if (((bankMask[column]! >>> bank) & 1) === 1)
          columnOf.set(assignmentOf(ids[column * banks + bank]!, bank), column)
    const table = new ReadTable(columns, beats.length, demand.leastReads)
    for (const [at, beat] of beats.entries())
      for (const [bank, id] of this.#used(beat, place.cluster))
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

  /** Banks from which a row takes something in a beat, with the ids that they read. */
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
