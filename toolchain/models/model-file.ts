// An ONNX model as a file, with the data files of its large tensors.

import { closeSync, fstatSync, openSync, readSync, realpathSync, statSync } from 'node:fs'
import { basename, dirname, join, sep } from 'node:path'
import type { LoadExternal } from '../../compiler/onnx/external-data.ts'
import { DlpError } from '../../base/error.ts'
import { refuseOutput } from '../files/claimed-outputs.ts'
import { withoutWaiting } from '../files/read-file.ts'
import { reasonOf } from '../files/reasons.ts'
import { standardInput } from '../files/standard-input.ts'

/** Reads parts of the data files of the model at `path`. Files outside its folder are refused, also through a link. */
export function externalLoader(path: string): LoadExternal {
  const folder = dirname(path)
  return (name, offset, length) => {
    if (path === standardInput)
      throw new DlpError({
        what: `'${name}' cannot be found: a model from standard input has no folder`,
        where: 'standard input',
        help: 'give the path of the model',
      })
    const where = join(folder, name)
    try {
      const real = realpathSync(where)
      if (!real.startsWith(realpathSync(folder) + sep))
        throw new DlpError({ what: 'is a link out of the folder of the model', where })
      // Reading a pipe or a device might never end.
      if (!statSync(real).isFile()) throw notFile(where)
      refuseOutput(real)
      return readPart(real, where, offset, length)
    } catch (error) {
      if (error instanceof DlpError) throw error
      throw new DlpError({ what: `cannot be read: ${reasonOf(error)}`, where })
    }
  }
}

const notFile = (where: string): DlpError => new DlpError({ what: 'is not a file', where, allowed: 'a file' })

function readPart(path: string, where: string, offset: number, length: number): Uint8Array {
  const file = openSync(path, withoutWaiting)
  try {
    if (!fstatSync(file).isFile()) throw notFile(where)
    const available = Math.max(0, Math.min(length, fstatSync(file).size - offset))
    const part = new Uint8Array(available)
    let read = 0
    for (let more = -1; read < available && more !== 0; read += more)
      more = readSync(file, part, read, available - read, offset + read)
    return part.subarray(0, read)
  } finally {
    closeSync(file)
  }
}

/** A model's name, from its file. */
export function modelName(path: string): string {
  return path === standardInput ? 'model' : basename(path).replace(/\.onnx$/, '')
}
