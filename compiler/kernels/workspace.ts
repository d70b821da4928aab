// The memory in which kernels work: arrays are laid down one after the other for one call, and read back from it.

import { wasm } from './generated/dense.ts'

interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number }
  addProduct(c: number, pitch: number, a: number, b: number, rows: number, columns: number, depth: number, upper: number): void // prettier-ignore
  addOuter(sums: number, row: number, factors: number, count: number): void
  solve(lower: number, right: number, size: number, panels: number): void
  addTaps(sums: number, count: number, planes: number, offset: number, value: number, taps: number): void
}

/** As engines have it; Node's types and the language's libraries leave it to those of browsers. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object
  readonly Instance: new (module: object) => { readonly exports: unknown }
}

const pageBytes = 65536

let loaded: Exports | undefined

/** The kernels; compiled at the first use. */
export function kernels(): Exports {
  loaded ??= new WebAssembly.Instance(new WebAssembly.Module(Buffer.from(wasm, 'base64'))).exports as Exports
  return loaded
}

/** Room for one call: arrays by their places in the memory. */
export class Workspace {
  #bytes = 16

  /** The address of so many bytes. */
  take(bytes: number): number {
    const at = this.#bytes
    this.#bytes += (bytes + 15) & ~15
    const { memory } = kernels()
    const missing = this.#bytes - memory.buffer.byteLength
    if (missing > 0) memory.grow(Math.ceil(missing / pageBytes))
    return at
  }

  /** Doubles at an address; valid until more room is taken. */
  doubles(at: number, length: number): Float64Array {
    return new Float64Array(kernels().memory.buffer, at, length)
  }

  integers(at: number, length: number): Int32Array {
    return new Int32Array(kernels().memory.buffer, at, length)
  }
}
