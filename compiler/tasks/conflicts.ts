// For each range of a memory: the latest task of each queue that wrote it, and the latest that read it.
import type { Access } from './access.ts'
import type { WorkQueue } from '../../isa/instructions.ts'

type ByQueue = Readonly<Record<WorkQueue, number>>

/** A range within which no access so far begins or ends. */
interface Segment {
  readonly first: number
  readonly end: number
  /** the latest task of each queue that wrote it, and that read it; −1 for none */
  readonly written: ByQueue
  readonly read: ByQueue
}

const none: ByQueue = { load: -1, parameter: -1, compute: -1 }

/** One memory, divided where accesses begin and end. */
export class ConflictMap {
  /** in rising order; what no task has accessed has no segment */
  #segments: Segment[] = []

  /** The latest task of a queue with which an access conflicts, one that wrote what it reads or writes, or read what it writes; −1 for none. */
  latest({ kind, first, end }: Access, queue: WorkQueue): number {
    let latest = -1
    for (let at = this.#from(first); at < this.#segments.length && this.#segments[at]!.first < end; at++) {
      const { written, read } = this.#segments[at]!
      latest = Math.max(latest, written[queue], kind === 'write' ? read[queue] : -1)
    }
    return latest
  }

  /** Notes that task `index` of a queue has made an access. */
  note({ kind, first, end }: Access, queue: WorkQueue, index: number): void {
    if (first >= end) return
    const from = this.#from(first)
    let to = from
    while (to < this.#segments.length && this.#segments[to]!.first < end) to++
    const overlapped = this.#segments.slice(from, to)
    const next: Segment[] = []
    const add = (segment: Segment): void => void (segment.first < segment.end && next.push(segment))
    const marked = (segment: Segment): Segment =>
      kind === 'write'
        ? { ...segment, written: { ...segment.written, [queue]: index } }
        : { ...segment, read: { ...segment.read, [queue]: index } }
    let at = first
    for (const segment of overlapped) {
      const [inside, after] = [Math.max(first, segment.first), Math.min(end, segment.end)]
      add({ ...segment, end: inside })
      add(marked({ first: at, end: inside, written: none, read: none }))
      add(marked({ ...segment, first: inside, end: after }))
      add({ ...segment, first: after })
      at = after
    }
    add(marked({ first: at, end, written: none, read: none }))
    this.#segments.splice(from, to - from, ...next)
  }

  /** The first segment that ends after an address. */
  #from(address: number): number {
    let [low, high] = [0, this.#segments.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#segments[middle]!.end <= address) low = middle + 1
      else high = middle
    }
    return low
  }
}
