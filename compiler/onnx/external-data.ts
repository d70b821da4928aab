// Tensor data in files beside the model: only within the model's folder, and only the bytes that the record names.

import { DlpError } from '../../isa/error.ts'
import type { TensorProto } from './generated/onnx_pb.ts'

/** Gives the bytes of a file beside the model; the path is relative to the model's folder and never leaves it. */
export type LoadExternal = (path: string) => Uint8Array

/**
 * The bytes of an external tensor.
 *
 * @throws DlpError if the location leaves the model's folder, nobody can load it, or the file is too short
 */
export function externalBytes(proto: TensorProto, where: string, loadExternal: LoadExternal | undefined): Uint8Array {
  const entries = new Map(proto.externalData.map(({ key, value }) => [key, value]))
  const location = entries.get('location') ?? ''
  if (!isInside(location))
    throw new DlpError({
      where,
      what: `its data is at '${location}'`,
      allowed: 'a file in the folder of the model, named by a relative path without ..',
      help: 'move the data beside the model, or save the model as one file',
    })
  if (loadExternal === undefined)
    throw new DlpError({
      where,
      what: `its data is in another file, '${location}'`,
      allowed: 'data inside the model, unless it is read from a folder',
      help: 'save the model as one file',
    })
  const file = loadExternal(location)
  const offset = byteCount(entries.get('offset') ?? '0')
  const length = byteCount(entries.get('length') ?? String(file.length - (offset ?? 0)))
  if (offset === undefined || length === undefined || offset + length > file.length)
    throw new DlpError({
      where,
      what: `its data is bytes ${entries.get('offset') ?? 0} +${entries.get('length') ?? 'all'} of '${location}'`,
      allowed: `a part of its ${file.length} bytes`,
      help: 'the data file belongs to another model, or was cut off',
    })
  return file.subarray(offset, offset + length)
}

/** True for a relative path of plain names: no root, drive, backslash, empty, `.` or `..` part, no control character. */
function isInside(path: string): boolean {
  if (path.length > 1024 || /[\\:\0-\x1f]/.test(path)) return false
  return path.split('/').every((part) => part !== '' && part !== '.' && part !== '..')
}

function byteCount(text: string): number | undefined {
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined
}
