// WebAssembly modules that are kept as base64 in generated files, with a memory of their own.

/** What is used of the engine's WebAssembly, whose types come with browsers' only. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object
  readonly Instance: new (module: object) => { readonly exports: unknown }
}

/** The memory of a module. */
export interface WasmMemory {
  readonly buffer: ArrayBuffer
  grow(pages: number): number
}

const pageBytes = 65536

/** Compiles a module that imports nothing. */
export function wasmExports(base64: string): unknown {
  return new WebAssembly.Instance(new WebAssembly.Module(Buffer.from(base64, 'base64'))).exports
}

/** Makes a memory at least so large; views of it are void if it grows. */
export function growTo(memory: WasmMemory, bytes: number): void {
  const missing = bytes - memory.buffer.byteLength
  if (missing > 0) memory.grow(Math.ceil(missing / pageBytes))
}
