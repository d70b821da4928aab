// External tensor data: only in files within the model's folder, and only the bytes that the tensor refers to.

import { DlpError } from '../../base/error.ts'
import type { TensorProto } from './generated/onnx_pb.ts'

/**
 * Returns a part of an external data file: `length` bytes from `offset` on, or fewer if the file ends before. Only this part is read, since
 * exporters write the weights of a whole network into one file. The path is relative to the model's folder and never outside of it.
 */
export type LoadExternal = (path: string, offset: number, length: number) => Uint8Array

/**
 * The bytes of an external tensor.
 *
 * @param need the number of bytes that its shape and type require
 * @throws DlpError if the location is outside the model's folder, no loader is given, or the file or the part has another length
 */
export function externalBytes(
  proto: TensorProto,
  where: string,
  need: number,
  loadExternal: LoadExternal | undefined,
): Uint8Array {
  const entries = new Map(proto.externalData.map(({ key, value }) => [key, value]))
  const location = entries.get('location') ?? ''
  if (!isInside(location))
    throw new DlpError({
      where,
      what: `its data is at '${shortened(location)}'`,
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
  const offset = byteCount(entries.get('offset') ?? '0')
  const length = byteCount(entries.get('length') ?? String(need))
  const requested = `its data is bytes ${shortened(entries.get('offset') ?? '0')} +${shortened(entries.get('length') ?? 'all')} of '${location}'`
  const help = 'the data file belongs to another model, or was cut off'
  if (offset === undefined || length !== need)
    throw new DlpError({ where, what: requested, allowed: `a whole offset, and the ${need} bytes of its shape`, help })
  const part = loadExternal(location, offset, need)
  if (part.length !== need)
    throw new DlpError({
      where,
      what: `${requested}, of which ${part.length} are there`,
      allowed: `${need} bytes`,
      help,
    })
  return part
}

function shortened(text: string): string {
  return text.length <= 200 ? text : `${text.slice(0, 200)}…`
}

/** True for a relative path of plain names: no root, drive, backslash, empty, `.` or `..` part, no control character. */
function isInside(path: string): boolean {
  if (path.length > 1024 || /[\\:\0-\x1f]/.test(path)) return false
  return path.split('/').every((part) => part !== '' && part !== '.' && part !== '..')
}

function byteCount(text: string): number | undefined {
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined
}
