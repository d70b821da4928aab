// The non-zero bytes of rows: dense weights of a quantised model become sparse rows.

import { kernels, Workspace } from './workspace.ts'

/** No other kernel may be used until the last row is read. */
export class NonZeroBytes {
  readonly #space = new Workspace()
  readonly #rows: Uint8Array
  readonly #perRow: number
  readonly #bytes: number
  readonly #columns: number
  readonly #values: number
  readonly #isSigned: boolean

  /** @param rows [rows × perRow] */
  constructor(rows: Int8Array | Uint8Array, perRow: number) {
    this.#perRow = perRow
    this.#isSigned = rows instanceof Int8Array
    this.#rows = new Uint8Array(rows.buffer, rows.byteOffset, rows.length)
    // One row at a time: memory stays small whatever the matrix.
    this.#bytes = this.#space.take(perRow)
    this.#columns = this.#space.take(4 * (perRow + 1))
    this.#values = this.#space.take(perRow + 1)
  }

  /** The non-zero bytes of a row with their columns; valid until the next row. */
  row(row: number): { readonly column: Int32Array; readonly value: Int8Array | Uint8Array } {
    const perRow = this.#perRow
    this.#space.bytes(this.#bytes, perRow).set(this.#rows.subarray(row * perRow, (row + 1) * perRow))
    const count = kernels().nonZeroBytes(this.#bytes, perRow, this.#columns, this.#values)
    const bytes = this.#space.bytes(this.#values, count)
    const value = this.#isSigned ? new Int8Array(bytes.buffer, bytes.byteOffset, count) : bytes
    return { column: this.#space.integers(this.#columns, count), value }
  }
}
