// When the words of one memory are written and read: last writer and latest reader of each, and the orders of accesses that are hazards.

export type HazardKind = 'read before write' | 'write before read' | 'write before write' | 'uninitialised read'

export interface Conflict {
  readonly kind: HazardKind
  readonly word: number
  /** the instruction that comes too early */
  readonly index: number
  /** the instruction, earlier in the program, whose access should come first; −1 for uninitialised reads */
  readonly other: number
  /** cycle of the access that comes too early */
  readonly cycle: number
  /** by how many cycles it must come later; 0 for uninitialised reads */
  readonly cycles: number
}

export type OnConflict = (conflict: Conflict) => void

/** Called for a word that a run reads before it first writes it, with the reading and the writing instruction: see `inter-run-dependence.ts`. */
export type OnReadFirst = (word: number, index: number, writer: number) => void

/** Accesses must be reported in program order; reads of an instruction before its writes. */
export class WordTracker {
  readonly #onConflict: OnConflict
  readonly #onReadFirst: OnReadFirst
  /** [words] 1 once anything was written */
  readonly #initialised: Uint8Array
  /** [words] cycle at whose end the last writer wrote, −1 in an earlier run */
  readonly #written: Int32Array
  readonly #writer: Int32Array
  /** [words] latest read */
  readonly #lastRead: Int32Array
  readonly #reader: Int32Array

  /** @param onReadFirst called only for words that were written in an earlier run */
  constructor(words: number, onConflict: OnConflict, onReadFirst: OnReadFirst) {
    this.#onConflict = onConflict
    this.#onReadFirst = onReadFirst
    this.#initialised = new Uint8Array(words)
    this.#written = new Int32Array(words).fill(-1)
    this.#writer = new Int32Array(words).fill(-1)
    this.#lastRead = new Int32Array(words).fill(-1)
    this.#reader = new Int32Array(words).fill(-1)
  }

  /** Cycles restart at zero; initialised words stay initialised. */
  newRun(): void {
    this.#written.fill(-1)
    this.#writer.fill(-1)
    this.#lastRead.fill(-1)
    this.#reader.fill(-1)
  }

  isInitialised(word: number): boolean {
    return this.#initialised[word] === 1
  }

  /** Marks a word as never written, since its new value was computed from such a word. */
  markUninitialised(word: number): void {
    this.#initialised[word] = 0
  }

  /** An instruction reads a word in cycles `earliest` to `latest`; it reads what was written at the end of an earlier cycle. */
  read(word: number, earliest: number, latest: number, index: number, mayBeUninitialised = false): void {
    if (this.#initialised[word] === 0) {
      if (!mayBeUninitialised)
        this.#onConflict({ kind: 'uninitialised read', word, index, other: -1, cycle: earliest, cycles: 0 })
    }
    const written = this.#written[word]!
    if (written >= earliest) {
      this.#onConflict({
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
    // Only writes initialise a word: one that is initialised here already was when it was read.
    if (read >= 0 && this.#writer[word]! < 0 && this.#initialised[word] === 1)
      this.#onReadFirst(word, this.#reader[word]!, index)
    if (read > earliest) {
      this.#onConflict({
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
      this.#onConflict({
        kind: 'write before write',
        word,
        index,
        other: this.#writer[word]!,
        cycle: earliest,
        cycles: written + 1 - earliest,
      })
    }
    this.#initialised[word] = 1
    this.#written[word] = latest
    this.#writer[word] = index
  }
}
