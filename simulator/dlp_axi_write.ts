// The AXI write channel: one instruction at a time, each burst its address, then its data; responses at a fixed latency.
import type { Machine } from '../isa/model/machine.ts'

/** One instruction's writes. */
export interface WriteJob {
  /** data beats of each burst */
  readonly bursts: readonly number[]
  /** first cycle in which the channel may be granted */
  readonly from: number
  /** whether the next data beat can be sent */
  available(cycle: number): boolean
  /** a data beat is sent */
  onBeat(cycle: number): void
  /** the last response arrives */
  onDone(cycle: number): void
}

/** Writes of STORE and STOREL; `step` is to be called once a cycle. */
export class AxiWrite {
  /** data beats transferred */
  beats = 0
  readonly #latency: number
  readonly #limit: number
  readonly #waiting: { store: WriteJob | undefined; logits: WriteJob | undefined } = {
    store: undefined,
    logits: undefined,
  }
  #owner: WriteJob | undefined
  #burst = 0
  /** data beats left of the burst whose address was sent; 0: an address comes next */
  #left = 0
  readonly #responses: { readonly cycle: number; readonly done: WriteJob | undefined }[] = []

  constructor(machine: Machine) {
    this.#latency = machine.dramLatencyCycles
    this.#limit = machine.outstandingBursts
  }

  idle(): boolean {
    return (
      this.#owner === undefined &&
      this.#waiting.store === undefined &&
      this.#waiting.logits === undefined &&
      this.#responses.length === 0
    )
  }

  request(requester: 'store' | 'logits', job: WriteJob): void {
    this.#waiting[requester] = job
  }

  step(cycle: number): void {
    this.#grant(cycle)
    const pending = this.#responses.length
    if (this.#owner !== undefined) {
      if (this.#left > 0) this.#data(this.#owner, cycle)
      else if (pending < this.#limit) this.#left = this.#owner.bursts[this.#burst]!
    }
    const response = this.#responses[0]
    if (response !== undefined && response.cycle === cycle) {
      this.#responses.shift()
      response.done?.onDone(cycle)
    }
  }

  #grant(cycle: number): void {
    if (this.#owner !== undefined) return
    for (const requester of ['store', 'logits'] as const) {
      const job = this.#waiting[requester]
      if (job === undefined || job.from > cycle) continue
      this.#owner = job
      this.#burst = 0
      this.#waiting[requester] = undefined
      return
    }
  }

  #data(owner: WriteJob, cycle: number): void {
    if (!owner.available(cycle)) return
    this.beats++
    owner.onBeat(cycle)
    if (--this.#left > 0) return
    const last = ++this.#burst === owner.bursts.length
    this.#responses.push({ cycle: cycle + this.#latency, done: last ? owner : undefined })
    if (last) this.#owner = undefined
  }
}
