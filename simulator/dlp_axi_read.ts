// The AXI read channel and the DRAM behind it: addresses of two requesters, data in order at a fixed latency.
import type { Machine } from '../isa/model/machine.ts'

/** One instruction's reads. */
export interface ReadJob {
  /** data beats of each burst still to be asked for, in order */
  readonly bursts: readonly number[]
  /** next burst */
  next: number
  /** first cycle in which an address may go out */
  readonly from: number
  /** an address goes out */
  onAddress(cycle: number): void
  /** whether a data beat would be taken */
  ready(cycle: number): boolean
  /** a data beat is taken */
  onBeat(cycle: number): void
}

interface Burst {
  readonly job: ReadJob
  readonly arrival: number
  beats: number
}

/** Load and parameter requests; to be stepped once a cycle. */
export class AxiRead {
  /** data beats transferred */
  beats = 0
  readonly #latency: number
  readonly #limit: number
  readonly #waiting: { load: ReadJob | undefined; parameter: ReadJob | undefined } = {
    load: undefined,
    parameter: undefined,
  }
  readonly #outstanding: Burst[] = []
  #loadWonLast = false

  constructor(machine: Machine) {
    this.#latency = machine.dramLatencyCycles
    this.#limit = machine.outstandingBursts
  }

  /** Whether a requester's addresses have all gone out. */
  free(requester: 'load' | 'parameter'): boolean {
    return this.#waiting[requester] === undefined
  }

  /** Whether nothing is asked for or under way. */
  idle(): boolean {
    return this.free('load') && this.free('parameter') && this.#outstanding.length === 0
  }

  request(requester: 'load' | 'parameter', job: ReadJob): void {
    this.#waiting[requester] = job
  }

  step(cycle: number): void {
    this.#address(cycle)
    const head = this.#outstanding[0]
    if (head === undefined || head.arrival > cycle || !head.job.ready(cycle)) return
    this.beats++
    head.job.onBeat(cycle)
    if (--head.beats === 0) this.#outstanding.shift()
  }

  /** One address a cycle: load before parameter unless load won the last grant. */
  #address(cycle: number): void {
    if (this.#outstanding.length >= this.#limit) return
    const { load, parameter } = this.#waiting
    const asksLoad = load !== undefined && load.from <= cycle
    const asksParameter = parameter !== undefined && parameter.from <= cycle
    const loadWins = asksLoad && !(asksParameter && this.#loadWonLast)
    const winner = loadWins ? load : asksParameter ? parameter : undefined
    if (winner === undefined) return
    this.#loadWonLast = loadWins
    this.#outstanding.push({ job: winner, arrival: cycle + this.#latency, beats: winner.bursts[winner.next]! })
    winner.onAddress(cycle)
    if (++winner.next === winner.bursts.length) this.#waiting[loadWins ? 'load' : 'parameter'] = undefined
  }
}
