// Labelled pictures: a folder with a folder for each class, or a file that lists pictures with the numbers of their classes.

import { readdir, stat } from 'node:fs/promises'
import { dirname, join, resolve, sep } from 'node:path'
import { DlpError } from '../../base/error.ts'
import { isPicture } from '../inputs/input-file.ts'
import { readFile } from '../files/read-file.ts'
import { reasonOf } from '../files/reasons.ts'
import { standardInput } from '../files/standard-input.ts'

export interface LabelledPicture {
  readonly path: string
  readonly label: number
}

export interface Dataset {
  /** names by class number; for a list the numbers themselves */
  readonly classes: readonly string[]
  /** whether the names are those of folders */
  readonly isNamed: boolean
  readonly pictures: readonly LabelledPicture[]
}

const allowed = 'a folder that holds a folder of pictures for each class, or a file with lines PICTURE CLASS'

/**
 * Lists the pictures without reading them. Classes of folders count alphabetically; with a limit the same number of pictures is
 * taken from each class. A list is taken from its first line; its paths are relative to its own folder.
 *
 * @throws DlpError where there is no picture
 */
export async function readDataset(path: string, limit = Infinity): Promise<Dataset> {
  const isList = path === standardInput
  const status = isList
    ? undefined
    : await stat(path).catch((error: unknown) => {
        throw new DlpError({ what: `cannot be read: ${reasonOf(error)}`, where: path, allowed })
      })
  const { pictures, ...rest } = status?.isDirectory() === true ? await fromFolders(path) : await fromList(path)
  if (pictures.length === 0) throw new DlpError({ what: 'holds no picture', where: path, allowed })
  return { ...rest, pictures: pictures.slice(0, limit) }
}

async function fromFolders(path: string): Promise<Dataset> {
  const entries = await readdir(path, { withFileTypes: true })
  const classes = entries
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort()
  const lists = await Promise.all(
    classes.map(async (name) => ({ name, files: (await readdir(join(path, name))).filter(isPicture).sort() })),
  )
  const longest = Math.max(0, ...lists.map(({ files }) => files.length))
  const pictures: LabelledPicture[] = []
  for (let at = 0; at < longest; at++)
    for (const [label, { name, files }] of lists.entries()) {
      const file = files[at]
      if (file !== undefined) pictures.push({ path: join(path, name, file), label })
    }
  return { classes, isNamed: true, pictures }
}

async function fromList(path: string): Promise<Dataset> {
  const lines = Buffer.from(await readFile(path, 2 ** 28))
    .toString('utf8')
    .split(/\r?\n/)
  const pictures = lines.flatMap((line, at): LabelledPicture[] => {
    if (line.trim() === '') return []
    const [, name, label] = /^(.+?)[\s,]+(\d{1,6})\s*$/.exec(line) ?? []
    if (name === undefined || label === undefined)
      throw new DlpError({
        what: `'${line.slice(0, 80)}'`,
        where: `${path}, line ${at + 1}`,
        allowed: 'PICTURE CLASS, where CLASS is a number from 0 on',
      })
    const picture = resolve(dirname(path), name)
    if (!picture.startsWith(join(resolve(dirname(path)), sep)))
      throw new DlpError({
        what: `'${name.slice(0, 80)}' is outside of the list's folder`,
        where: `${path}, line ${at + 1}`,
        allowed: 'paths below that folder',
      })
    return [{ path: picture, label: Number(label) }]
  })
  const greatestLabel = pictures.reduce((greatest, { label }) => Math.max(greatest, label), -1)
  return { classes: Array.from({ length: greatestLabel + 1 }, (_, label) => String(label)), isNamed: false, pictures }
}
