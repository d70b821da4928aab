// The AXI read channel and the DRAM behind it: addresses of two requesters, data in order at a fixed latency.
import type { Machine } from '../isa/model/machine.ts'

/** One instruction's reads. */
export interface ReadJob {
  /** data beats of each burst, in order */
  readonly bursts: readonly number[]
  /** index of the next burst to be requested */
  next: number
  /** first cycle in which an address may be sent */
  readonly from: number
  /** an address is sent */
  onAddress(cycle: number): void
  /** whether a data beat would be accepted */
  ready(cycle: number): boolean
  /** a data beat is accepted */
  onBeat(cycle: number): void
}

interface Burst {
  readonly job: ReadJob
  readonly arrival: number
  beats: number
}

/** Arbitrates load and parameter requests; `step` is to be called once a cycle. */
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

  /** Whether all addresses of a requester have been sent. */
  free(requester: 'load' | 'parameter'): boolean {
    return this.#waiting[requester] === undefined
  }

  /** Whether no address is waiting and no data are outstanding. */
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
    const loadRequests = load !== undefined && load.from <= cycle
    const parameterRequests = parameter !== undefined && parameter.from <= cycle
    const loadWins = loadRequests && !(parameterRequests && this.#loadWonLast)
    const winner = loadWins ? load : parameterRequests ? parameter : undefined
    if (winner === undefined) return
    this.#loadWonLast = loadWins
    this.#outstanding.push({ job: winner, arrival: cycle + this.#latency, beats: winner.bursts[winner.next]! })
    winner.onAddress(cycle)
    if (++winner.next === winner.bursts.length) this.#waiting[loadWins ? 'load' : 'parameter'] = undefined
  }
}
