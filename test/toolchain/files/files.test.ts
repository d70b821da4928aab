// Files: read within bounds, written whole or not at all.

import fs, { chmod, mkdir, readFile as read, readdir, stat, writeFile } from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { readFile } from '../../../toolchain/files/read-file.ts'
import { writeAside } from '../../../toolchain/files/write-aside.ts'
import { DlpError } from '../../../base/error.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

describe('reading a file', () => {
  test('gives its bytes', async () => {
    const path = join(await temporaryFolder(), 'a')
    await writeFile(path, 'abc')
    expect(Buffer.from(await readFile(path)).toString()).toBe('abc')
  })

  test('says in one sentence that it is missing, a folder, or too large', async () => {
    const folder = await temporaryFolder()
    await writeFile(join(folder, 'a'), 'abc')
    await expect(readFile(join(folder, 'b'))).rejects.toThrow('cannot be read: no such file or folder')
    await expect(readFile(folder)).rejects.toThrow('is not a file')
    await expect(readFile(join(folder, 'a'), 2)).rejects.toThrow('has 3 bytes; allowed: at most 2')
    await expect(readFile(join(folder, 'b'))).rejects.toBeInstanceOf(DlpError)
  })
})

describe('writing aside', () => {
  test('replaces the file and leaves nothing else in the folder', async () => {
    const folder = await temporaryFolder()
    const path = join(folder, 'out.dlp')
    await writeAside(path, 'first')
    await writeAside(path, Uint8Array.of(115, 101, 99))
    expect(await read(path, 'utf8')).toBe('sec')
    expect(await readdir(folder)).toEqual(['out.dlp'])
  })

  test('that fails keeps what was there, removes its own file and says why', async () => {
    const folder = await temporaryFolder()
    const path = join(folder, 'out.dlp')
    // A folder that is not empty cannot be renamed over: the failure comes after everything was written.
    await mkdir(path)
    await writeFile(join(path, 'kept'), '')
    await expect(writeAside(path, 'new')).rejects.toThrow(/out\.dlp: cannot be written: it is a folder/)
    expect(await readdir(folder)).toEqual(['out.dlp'])
    expect(await readdir(path)).toEqual(['kept'])
    await expect(writeAside(join(folder, 'none', 'out'), 'new')).rejects.toThrow('no such file or folder')
  })

  test.each(['600', '640', '604', '644'])(
    'lets nobody read what replaces a file of mode %s who may not read that file',
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
      await writeAside(path, 'first')
      const usual = 0o666 & ~process.umask()
      expect([...seen, (await stat(path)).mode & 0o777]).toEqual([usual, usual])
      await chmod(path, mode)
      await writeAside(path, 'second')
      expect([seen[1], (await stat(path)).mode & 0o777]).toEqual([0o600, mode])
    },
  )

  test('of one path at the same time leaves one of the contents, whole', async () => {
    const folder = await temporaryFolder()
    const path = join(folder, 'out')
    const contents = ['a'.repeat(1e5), 'b'.repeat(1e5), 'c'.repeat(1e5)]
    await Promise.all(contents.map((content) => writeAside(path, content)))
    expect(contents).toContain(await read(path, 'utf8'))
    expect(await readdir(folder)).toEqual(['out'])
  })
})
