// Standard input as a file: read to its end, up to a bound.

import { DlpError } from '../../base/error.ts'
import { reasonOf } from './reasons.ts'

/** The path that stands for standard input; a file of this name is `./-`. */
export const standardInput = '-'

let whole: Promise<Uint8Array> | undefined

/**
 * All bytes of standard input; later calls return the same bytes.
 * @throws DlpError where it cannot be read or has more than `maximumBytes`
 */
export async function readStandardInput(maximumBytes: number): Promise<Uint8Array> {
  whole ??= readAll(maximumBytes)
  return whole
}

/** Makes the next call read standard input once more. */
export function resetStandardInput(): void {
  whole = undefined
}

async function readAll(maximumBytes: number): Promise<Uint8Array> {
  const parts: Buffer[] = []
  let bytes = 0
  try {
    for await (const part of process.stdin as AsyncIterable<Buffer>) {
      bytes += part.length
      if (bytes > maximumBytes) break
      parts.push(part)
    }
  } catch (error) {
    throw new DlpError({ what: `cannot be read: ${reasonOf(error)}`, where: 'standard input' })
  }
  if (bytes > maximumBytes)
    throw new DlpError({ what: 'has more bytes', where: 'standard input', allowed: `at most ${maximumBytes}` })
  return Buffer.concat(parts)
}
