// The files that the running command will write; reading one of them as an input is refused.

import { type BigIntStats, statSync } from 'node:fs'
import { DlpError } from '../../base/error.ts'

export interface ClaimedOutput {
  /** as the user wrote it */
  readonly option: string
  readonly path: string
  /** identity of the file, whatever its name; undefined where it does not exist yet */
  readonly identity: string | undefined
}

let claimed: readonly ClaimedOutput[] = []

/** Replaces the outputs of the command before. */
export function setClaimedOutputs(outputs: readonly ClaimedOutput[]): void {
  claimed = outputs
}

/** Device and inode of a file, which are the same for all of its names. */
export const identityOf = ({ dev, ino }: Pick<BigIntStats, 'dev' | 'ino'>): string => `${dev}:${ino}`

/** The status of the file at a path, with links followed; undefined where there is none, or it is not accessible. */
export function statusOf(path: string): BigIntStats | undefined {
  try {
    return statSync(path, { bigint: true })
  } catch {
    return undefined
  }
}

/** @throws DlpError where the path is one of the files to be written, by any name */
export function refuseOutput(path: string): void {
  if (claimed.every(({ identity }) => identity === undefined)) return
  const status = statusOf(path)
  // Devices and pipes have no content that could be lost.
  if (status?.isFile() !== true) return
  const output = claimed.find(({ identity }) => identity === identityOf(status))
  if (output === undefined) return
  throw new DlpError({
    what: `would overwrite an input: it is the same file as ${path}`,
    where: `${output.option} ${output.path}`,
    help: 'name another output file',
  })
}
