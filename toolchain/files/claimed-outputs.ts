// The files that the running command is to write: whoever is about to read one of them as an input is refused.

import { type BigIntStats, statSync } from 'node:fs'
import { DlpError } from '../../base/error.ts'

export interface ClaimedOutput {
  /** as the user wrote it */
  readonly option: string
  readonly path: string
  /** the file itself, by any of its names; undefined where there is none yet */
  readonly identity: string | undefined
}

let claimed: readonly ClaimedOutput[] = []

/** Takes the place of whatever the command before has claimed. */
export function setClaimedOutputs(outputs: readonly ClaimedOutput[]): void {
  claimed = outputs
}

/** A file by its device and number there, which all of its names share. */
export const identityOf = ({ dev, ino }: Pick<BigIntStats, 'dev' | 'ino'>): string => `${dev}:${ino}`

/** What lies at a path, behind links; undefined where nothing does that can be seen. */
export function statusOf(path: string): BigIntStats | undefined {
  try {
    return statSync(path, { bigint: true })
  } catch {
    return undefined
  }
}

/** @throws DlpError where the path is one of the files to be written, by whatever name */
export function refuseOutput(path: string): void {
  if (claimed.every(({ identity }) => identity === undefined)) return
  const status = statusOf(path)
  // Devices and pipes keep nothing that could be lost.
  if (status?.isFile() !== true) return
  const output = claimed.find(({ identity }) => identity === identityOf(status))
  if (output === undefined) return
  throw new DlpError({
    what: `would overwrite an input: it is the same file as ${path}`,
    where: `${output.option} ${output.path}`,
    help: 'name another file',
  })
}
