// Data files beside a model: read within its folder, refused outside.

import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { externalLoader } from '../../cli/model-file.ts'
import { DlpError } from '../../isa/error.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

test('files in the folder of the model are read', async () => {
  const folder = await temporaryFolder()
  await mkdir(join(folder, 'data'))
  await writeFile(join(folder, 'data', 'w.bin'), 'abc')
  expect(Buffer.from(externalLoader(join(folder, 'm.onnx'))('data/w.bin')).toString()).toBe('abc')
})

test('files outside are refused, also behind a link or two dots, and missing ones are named', async () => {
  const folder = await temporaryFolder()
  await mkdir(join(folder, 'model'))
  await writeFile(join(folder, 'secret'), 'abc')
  await symlink(join(folder, 'secret'), join(folder, 'model', 'w.bin'))
  const load = externalLoader(join(folder, 'model', 'm.onnx'))
  for (const name of ['w.bin', '../secret']) expect(() => load(name), name).toThrow('out of the folder of the model')
  expect(() => load('nothing')).toThrow(/nothing: cannot be read: no such file or folder/)
  expect(() => load('nothing')).toThrow(DlpError)
})
