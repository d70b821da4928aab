// Schedules of an older program: its reads are taken over where they still serve every need, so that only the rows are matched anew.
import type { Machine } from '../../isa/model/machine.ts'
import { type BeatStream, flag, pageOf } from '../../isa/weights/beats.ts'
import { demandOf } from './demand.ts'
import { Matching } from './matching.ts'
import { checkProblem, type PhaseProblem, type PhaseSchedule } from './problem.ts'
import { ReadTable } from './reads.ts'
import { slotOf, takeOf } from './slots.ts'
import { asSchedule } from './tables.ts'
import { matchAll } from './unmatched.ts'

/** Where a run stands: see `PhaseRun`. */
export interface RunPlace {
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
    for (let cluster = 0; cluster < machine.clusters; cluster++) this.#index(cluster)
  }

  /**
   * The schedule that the old reads make of a problem; undefined where they do not serve it, or no longer well.
   *
   * @param ids [columns × B] the id under which a bank finds a column
   */
  scheduleOf(problem: PhaseProblem, place: RunPlace, ids: Uint8Array): PhaseSchedule | undefined {
    checkProblem(problem)
    const beats = this.#beats.get(keyOf(place)) ?? []
    const demand = demandOf(problem)
    const enough = Math.max(demand.bound, problem.minimumBeats ?? 0)
    const tooLong = beats.length > (1 + longer.share) * enough + longer.beats
    if (beats.length < demand.bound || beats.length === 0 || tooLong) return undefined
    const { banks, columns, bankMask } = problem
    const columnOf = new Map<number, number>()
    for (let column = 0; column < columns; column++)
      for (let bank = 0; bank < banks; bank++)
        if (((bankMask[column]! >>> bank) & 1) === 1) columnOf.set(takeOf(ids[column * banks + bank]!, bank), column)
    const table = new ReadTable(columns, beats.length, demand.leastReads)
    for (const [at, beat] of beats.entries())
      for (const [bank, id] of this.#used(beat, place.cluster)) table.replace(slotOf(at, bank), columnOf.get(takeOf(id, bank)) ?? -1) // prettier-ignore
    const matching = new Matching(problem.rows, table, beats.length)
    return matchAll(demand, matching).length === 0 ? asSchedule(demand, matching) : undefined
  }

  /** Backwards, since the shifts that follow a beat in its part make its phase. */
  #index(cluster: number): void {
    const { clusters, rows } = this.#machine
    const { beats, flags, values } = this.#stream
    let parts = 0
    for (let beat = 0; beat < beats; beat++) if ((flags[beat * clusters]! & flag.end) !== 0) parts++
    let part = parts
    let phase = 0
    for (let beat = beats - 1; beat >= 0; beat--) {
      const at = beat * clusters + cluster
      if ((flags[at]! & flag.end) !== 0) {
        part--
        phase = 0
      }
      if (values.subarray(at * rows, (at + 1) * rows).some((value) => value !== 0)) {
        const key = keyOf({ cluster, part, phase, page: pageOf(flags[at]!) })
        const own = this.#beats.get(key)
        if (own === undefined) this.#beats.set(key, [beat])
        else own.unshift(beat)
      }
      if ((flags[at]! & flag.shift) !== 0) phase++
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

const keyOf = ({ cluster, part, phase, page }: RunPlace): string => `${cluster}:${part}:${phase}:${page}`
