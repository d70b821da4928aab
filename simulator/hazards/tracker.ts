// Visibility of the words of one memory: last writer and latest reader of each, and the orders that break the claim of exactness.

export type HazardKind = 'read before write' | 'write before read' | 'write before write' | 'uninitialised read'

export interface Conflict {
  readonly kind: HazardKind
  readonly word: number
  /** the instruction that comes too early */
  readonly index: number
  /** the program-order-earlier instruction that it hurts, −1 for uninitialised reads */
  readonly other: number
  /** cycle of the access that comes too early */
  readonly cycle: number
  /** by how many cycles it must come later; 0 for uninitialised reads */
  readonly cycles: number
}

export type Report = (conflict: Conflict) => void

/** Told of a word that a run reads before it first writes it, by whom, and of the writer: see `carry.ts`. */
export type CarryReport = (word: number, index: number, writer: number) => void

/** Accesses must be reported in program order; reads of an instruction before its writes. */
export class WordTracker {
  readonly #report: Report
  readonly #carries: CarryReport
  /** [words] 1 once anything was written */
  readonly #known: Uint8Array
  /** [words] cycle at whose end the last writer wrote, −1 in an earlier run */
  readonly #written: Int32Array
  readonly #writer: Int32Array
  /** [words] latest read */
  readonly #lastRead: Int32Array
  readonly #reader: Int32Array

  /** @param carries told of words, written in an earlier run, that this run reads before it first writes them */
  constructor(words: number, report: Report, carries: CarryReport) {
    this.#report = report
    this.#carries = carries
    this.#known = new Uint8Array(words)
    this.#written = new Int32Array(words).fill(-1)
    this.#writer = new Int32Array(words).fill(-1)
    this.#lastRead = new Int32Array(words).fill(-1)
    this.#reader = new Int32Array(words).fill(-1)
  }

  /** Cycles start anew; what was written stays written. */
  newRun(): void {
    this.#written.fill(-1)
    this.#writer.fill(-1)
    this.#lastRead.fill(-1)
    this.#reader.fill(-1)
  }

  /** Whether a word was ever written. */
  isKnown(word: number): boolean {
    return this.#known[word] === 1
  }

  /** The word becomes as if never written (its new content comes from such a word). */
  forget(word: number): void {
    this.#known[word] = 0
  }

  /** An instruction reads a word in cycles `earliest` to `latest`; sees what was written at the end of an earlier cycle. */
  read(word: number, earliest: number, latest: number, index: number, mayBeUnknown = false): void {
    if (this.#known[word] === 0) {
      if (!mayBeUnknown)
        this.#report({ kind: 'uninitialised read', word, index, other: -1, cycle: earliest, cycles: 0 })
    }
    const written = this.#written[word]!
    if (written >= earliest) {
      this.#report({
        kind: 'read before write',
        word,
        index,
        other: this.#writer[word]!,
        cycle: earliest,
        cycles: written + 1 - earliest,
      })
    }
    if (latest > this.#lastRead[word]!) {
      this.#lastRead[word] = latest
      this.#reader[word] = index
    }
  }

  /** An instruction writes a word at the end of one of the cycles `earliest` to `latest`. */
  write(word: number, earliest: number, latest: number, index: number): void {
    const read = this.#lastRead[word]!
    // The word is as known as when it was read: only writes change that.
    if (read >= 0 && this.#writer[word]! < 0 && this.#known[word] === 1) this.#carries(word, this.#reader[word]!, index)
    if (read > earliest) {
      this.#report({
        kind: 'write before read',
        word,
        index,
        other: this.#reader[word]!,
        cycle: earliest,
        cycles: read - earliest,
      })
    }
    const written = this.#written[word]!
    if (written >= earliest && this.#writer[word] !== index) {
      this.#report({
        kind: 'write before write',
        word,
        index,
        other: this.#writer[word]!,
        cycle: earliest,
        cycles: written + 1 - earliest,
      })
    }
    this.#known[word] = 1
    this.#written[word] = latest
    this.#writer[word] = index
  }
}
