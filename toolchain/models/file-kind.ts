// Whether a file is a program or a model, by its name or its first bytes.

import { magic } from '../../isa/container/format.ts'
import { standardInput } from '../files/standard-input.ts'

/** Whether a path may name a program or a model; standard input has no name. */
export const namesModel = (path: string): boolean => path === standardInput || /\.(dlp|onnx)$/.test(path)

/** Whether a file is a program, not a model: by its name; for standard input, which has no name, by its bytes. */
export function isProgram(path: string, bytes: Uint8Array): boolean {
  if (path !== standardInput) return path.endsWith('.dlp')
  return Buffer.from(bytes.subarray(0, magic.length)).toString('latin1') === magic
}
