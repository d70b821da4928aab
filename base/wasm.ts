// WebAssembly modules, stored as base64 in generated files; each has its own memory.

/** The parts of WebAssembly that are used here; TypeScript declares them only with a browser's types. */
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

/** Grows a memory to at least `bytes`; if it grows, existing views of it become invalid. */
export function growTo(memory: WasmMemory, bytes: number): void {
  const missing = bytes - memory.buffer.byteLength
  if (missing > 0) memory.grow(Math.ceil(missing / pageBytes))
}
