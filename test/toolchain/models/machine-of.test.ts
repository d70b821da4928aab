// A machine by its name or file.

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { machines } from '../../../isa/model/machine.ts'
import { machineOf } from '../../../toolchain/models/machine-of.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

test('a machine has a name or a file', async () => {
  expect(await machineOf('edge')).toEqual(machines.edge)
  const path = join(await temporaryFolder(), 'mine.json')
  await writeFile(path, JSON.stringify({ base: 'tiny', name: 'mine', clockMHz: 50 }))
  expect(await machineOf(path)).toEqual({ ...machines.tiny, name: 'mine', clockMHz: 50 })
  await expect(machineOf('toaster')).rejects.toThrow("no machine 'toaster'")
  await expect(machineOf('nowhere.json')).rejects.toThrow('no such file')
})
