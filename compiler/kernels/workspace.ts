// The memory in which kernels work: arrays are laid down one after the other for one call, and read back from it.

import { growTo, wasmExports, type WasmMemory } from '../../base/wasm.ts'
import { kernelBytes } from './generated/kernel-bytes.ts'

interface Exports {
  readonly memory: WasmMemory
  addProduct(c: number, pitch: number, a: number, b: number, rows: number, columns: number, depth: number, upper: number): void // prettier-ignore
  addOuter(sums: number, row: number, factors: number, count: number): void
  solve(lower: number, right: number, size: number, panels: number): void
  addTaps(sums: number, count: number, planes: number, offset: number, value: number, taps: number): void
  changeOfCost(a: number, b: number, from: number, to: number, growth: number, rows: number): number
  changeClusters(a: number, b: number, fromExcess: number, toExcess: number, from: number, to: number, table: number, half: number, rows: number): void // prettier-ignore
  addTakes(values: number, selects: number, ids: number, pages: number, weights: number, cells: number, count: number, row: number, rows: number, banks: number, found: number, signed: number, used: number, sums: number, touched: number, most: number, least: number): number // prettier-ignore
  subtractEntries(columns: number, values: number, count: number, numbers: number, same: number, planes: number, sums: number, touched: number): void // prettier-ignore
  shareReads(reads: number, total: number, left: number, perColumn: number, own: number, ownStart: number, waiting: number, banks: number, columns: number): void // prettier-ignore
  chooseReads(order: number, events: number, beats: number, earliest: number, perColumn: number, rowMask: number, words: number, once: number, twice: number, thrice: number, pending: number, window: number, chosen: number): void // prettier-ignore
  nonZeroBytes(bytes: number, count: number, places: number, values: number): number
  /** 1 or 0 */
  areZero(sums: number, columns: number, count: number): number
}

let loaded: Exports | undefined

/** The kernels; compiled at the first use. */
export function kernels(): Exports {
  loaded ??= wasmExports(kernelBytes) as Exports
  return loaded
}

/** Room for one call: arrays by their places in the memory. */
export class Workspace {
  #bytes = 16

  /** The address of so many bytes. */
  take(bytes: number): number {
    const at = this.#bytes
    this.#bytes += (bytes + 15) & ~15
    growTo(kernels().memory, this.#bytes)
    return at
  }

  /** The address of a copy of an array. */
  put(array: Int8Array | Uint8Array | Int32Array | Float64Array): number {
    const { buffer, byteOffset, byteLength } = array
    const at = this.take(byteLength)
    this.bytes(at, byteLength).set(new Uint8Array(buffer, byteOffset, byteLength))
    return at
  }

  /** The address of so many bytes of 0. */
  zeros(bytes: number): number {
    const at = this.take(bytes)
    this.bytes(at, bytes).fill(0)
    return at
  }

  /** Doubles at an address; valid until more room is taken. */
  doubles(at: number, length: number): Float64Array {
    return new Float64Array(kernels().memory.buffer, at, length)
  }

  bytes(at: number, length: number): Uint8Array {
    return new Uint8Array(kernels().memory.buffer, at, length)
  }

  integers(at: number, length: number): Int32Array {
    return new Int32Array(kernels().memory.buffer, at, length)
  }
}
