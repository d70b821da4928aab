// The memory of the kernels: arrays are placed one after the other for a call, and read back afterwards.

import { growTo, wasmExports } from '../../base/wasm.ts'
import { kernelBytes, type CompilerKernels } from './generated/kernel-bytes.ts'

let loaded: CompilerKernels | undefined

/** The kernels; compiled at the first use. */
export function kernels(): CompilerKernels {
  loaded ??= wasmExports(kernelBytes) as CompilerKernels
  return loaded
}

/** The arrays of one call, by their addresses in the memory. */
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
