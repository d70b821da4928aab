// Data files of a model are read within its folder, and refused outside.

import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { externalLoader } from '../../../toolchain/models/model-file.ts'
import { DlpError } from '../../../base/error.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

test('files in the folder of the model are read', async () => {
  const folder = await temporaryFolder()
  await mkdir(join(folder, 'data'))
  await writeFile(join(folder, 'data', 'w.bin'), 'abc')
  const load = externalLoader(join(folder, 'm.onnx'))
  const text = (offset: number, length: number) => Buffer.from(load('data/w.bin', offset, length)).toString()
  expect([text(0, 3), text(1, 1), text(1, 9), text(7, 1), text(0, 2 ** 40)]).toEqual(['abc', 'b', 'bc', '', 'abc'])
})

test('files outside are refused, also through a link or `..`, and missing ones are reported', async () => {
  const folder = await temporaryFolder()
  await mkdir(join(folder, 'model'))
  await writeFile(join(folder, 'secret'), 'abc')
  await symlink(join(folder, 'secret'), join(folder, 'model', 'w.bin'))
  const load = externalLoader(join(folder, 'model', 'm.onnx'))
  for (const name of ['w.bin', '../secret'])
    expect(() => load(name, 0, 1), name).toThrow('out of the folder of the model')
  expect(() => load('nothing', 0, 1)).toThrow(/nothing: cannot be read: no such file or folder/)
  expect(() => load('nothing', 0, 1)).toThrow(DlpError)
  await mkdir(join(folder, 'model', 'inner'))
  expect(() => load('inner', 0, 1)).toThrow(/inner: is not a file; allowed: a file/)
})
