// An ONNX model as a file, with the files beside it that hold the data of its large tensors.

import { readFileSync, realpathSync, statSync } from 'node:fs'
import { dirname, join, sep } from 'node:path'
import { DlpError } from '../isa/error.ts'
import { maximumFileBytes, reasonOf } from './io/read-file.ts'

/** Reads data files of the model at `path`: none outside its folder, not even through a link. */
export function externalLoader(path: string): (name: string) => Uint8Array {
  const folder = dirname(path)
  return (name) => {
    const where = join(folder, name)
    try {
      const real = realpathSync(where)
      if (!real.startsWith(realpathSync(folder) + sep))
        throw new DlpError({ what: 'is a link out of the folder of the model', where })
      const { size } = statSync(real)
      if (size > maximumFileBytes)
        throw new DlpError({ what: `has ${size} bytes`, where, allowed: `at most ${maximumFileBytes}` })
      return readFileSync(real)
    } catch (error) {
      if (error instanceof DlpError) throw error
      throw new DlpError({ what: `cannot be read: ${reasonOf(error)}`, where })
    }
  }
}
