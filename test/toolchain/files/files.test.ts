// Files are read within bounds, and written completely or not at all.

import fs, { chmod, mkdir, readFile as read, readdir, stat, writeFile } from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { readFile } from '../../../toolchain/files/read-file.ts'
import { writeAtomically } from '../../../toolchain/files/write-atomically.ts'
import { DlpError } from '../../../base/error.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

describe('reading a file', () => {
  test('returns its bytes', async () => {
    const path = join(await temporaryFolder(), 'a')
    await writeFile(path, 'abc')
    expect(Buffer.from(await readFile(path)).toString()).toBe('abc')
  })

  test('reports in one sentence that it is missing, a folder, or too large', async () => {
    const folder = await temporaryFolder()
    await writeFile(join(folder, 'a'), 'abc')
    await expect(readFile(join(folder, 'b'))).rejects.toThrow('cannot be read: no such file or folder')
    await expect(readFile(folder)).rejects.toThrow('is not a file')
    await expect(readFile(join(folder, 'a'), 2)).rejects.toThrow('has 3 bytes; allowed: at most 2')
    await expect(readFile(join(folder, 'b'))).rejects.toBeInstanceOf(DlpError)
  })
})

describe('writing atomically', () => {
  test('replaces the file and leaves nothing else in the folder', async () => {
    const folder = await temporaryFolder()
    const path = join(folder, 'out.dlp')
    await writeAtomically(path, 'first')
    await writeAtomically(path, Uint8Array.of(115, 101, 99))
    expect(await read(path, 'utf8')).toBe('sec')
    expect(await readdir(folder)).toEqual(['out.dlp'])
  })

  test('that fails keeps the old file, removes its own and reports why', async () => {
    const folder = await temporaryFolder()
    const path = join(folder, 'out.dlp')
    // A folder that is not empty cannot be renamed over: the failure comes after everything was written.
    await mkdir(path)
    await writeFile(join(path, 'kept'), '')
    await expect(writeAtomically(path, 'new')).rejects.toThrow(/out\.dlp: cannot be written: it is a folder/)
    expect(await readdir(folder)).toEqual(['out.dlp'])
    expect(await readdir(path)).toEqual(['kept'])
    await expect(writeAtomically(join(folder, 'none', 'out'), 'new')).rejects.toThrow('no such file or folder')
  })

  test.each(['600', '640', '604', '644'])(
    'gives a file that replaces one of mode %s no wider permissions at any time',
    async (text) => {
      const mode = parseInt(text, 8)
      const path = join(await temporaryFolder(), 'out')
      const open = fs.open
      const seen: number[] = []
      const spy = vi.spyOn(fs, 'open').mockImplementation(async (...given) => {
        const file = await open(...given)
        seen.push((await file.stat()).mode & 0o777)
        return file
      })
      syncBuiltinESMExports()
      onTestFinished(() => {
        spy.mockRestore()
        syncBuiltinESMExports()
      })
      await writeAtomically(path, 'first')
      const usual = 0o666 & ~process.umask()
      expect([...seen, (await stat(path)).mode & 0o777]).toEqual([usual, usual])
      await chmod(path, mode)
      await writeAtomically(path, 'second')
      expect([seen[1], (await stat(path)).mode & 0o777]).toEqual([0o600, mode])
    },
  )

  test('of one path at the same time leaves one of the contents, complete', async () => {
    const folder = await temporaryFolder()
    const path = join(folder, 'out')
    const contents = ['a'.repeat(1e5), 'b'.repeat(1e5), 'c'.repeat(1e5)]
    await Promise.all(contents.map((content) => writeAtomically(path, content)))
    expect(contents).toContain(await read(path, 'utf8'))
    expect(await readdir(folder)).toEqual(['out'])
  })
})
