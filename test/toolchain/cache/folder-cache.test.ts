// The cache folder is bounded and shared, and its faults never make a compilation fail.

import { mkdir, readdir, readFile, symlink, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { FolderCache } from '../../../toolchain/cache/folder-cache.ts'
import { openCache } from '../../../toolchain/cache/open-cache.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const bytes = (length: number, value: number): Uint8Array => new Uint8Array(length).fill(value)

/** Stores one entry. */
function stored(folder: string, key: string, entry: Uint8Array, limit?: number): void {
  const cache = new FolderCache(folder, 'code', limit)
  cache.put(key, entry)
  expect(cache.store()).toBeUndefined()
}

test('an entry that one compilation stores is found by the next one; the folder is created', async () => {
  const folder = join(await temporaryFolder(), 'deep', 'cache')
  expect(new FolderCache(folder, 'code').get('a')).toBeUndefined()
  stored(folder, 'a', bytes(10, 1))
  expect(new FolderCache(folder, 'code').get('a')).toEqual(bytes(10, 1))
  expect(await readdir(folder)).toHaveLength(1)
})

test('nothing is written before `store` is called', async () => {
  const folder = await temporaryFolder()
  new FolderCache(folder, 'code').put('a', bytes(10, 1))
  expect(await readdir(folder)).toEqual([])
})

test('entries of other code are not found', async () => {
  const folder = await temporaryFolder()
  stored(folder, 'a', bytes(10, 1))
  expect(new FolderCache(folder, 'other code').get('a')).toBeUndefined()
})

test('the least recently used entries are removed first', async () => {
  const folder = await temporaryFolder()
  for (const [at, key] of ['a', 'b', 'c'].entries()) {
    stored(folder, key, bytes(100, at))
    const names = await readdir(folder)
    for (const name of names) {
      const [value] = await readFile(join(folder, name))
      await utimes(join(folder, name), 1000 + value!, 1000 + value!)
    }
  }
  // Read, and so the most recently used.
  expect(new FolderCache(folder, 'code').get('a')).toBeDefined()
  stored(folder, 'd', bytes(100, 3), 300)
  const cache = new FolderCache(folder, 'code')
  expect(['a', 'b', 'c', 'd'].filter((key) => cache.get(key) !== undefined)).toEqual(['a', 'c', 'd'])
})

test('files that are not entries are kept, and temporary files of a crash are removed', async () => {
  const folder = await temporaryFolder()
  await writeFile(join(folder, 'mine.txt'), bytes(1000, 1))
  const left = join(folder, `.${'0'.repeat(64)}.1.0`)
  await writeFile(left, bytes(10, 1))
  await utimes(left, 1, 1)
  stored(folder, 'a', bytes(10, 1), 100)
  const names = await readdir(folder)
  expect(names).toHaveLength(2)
  expect(names).toContain('mine.txt')
})

test('links and folders with the name of an entry are not read', async () => {
  const folder = await temporaryFolder()
  stored(folder, 'a', bytes(10, 1))
  const [name] = await readdir(folder)
  const other = await temporaryFolder()
  await symlink(join(folder, name!), join(other, name!))
  expect(new FolderCache(other, 'code').get('a')).toBeUndefined()
  const third = await temporaryFolder()
  await mkdir(join(third, name!))
  expect(new FolderCache(third, 'code').get('a')).toBeUndefined()
})

test('two compilers that store the same entry leave it complete', async () => {
  const folder = await temporaryFolder()
  const [one, two] = [new FolderCache(folder, 'code'), new FolderCache(folder, 'code')]
  one.put('a', bytes(10, 1))
  two.put('a', bytes(10, 1))
  expect([one.store(), two.store()]).toEqual([undefined, undefined])
  expect(new FolderCache(folder, 'code').get('a')).toEqual(bytes(10, 1))
  expect(await readdir(folder)).toHaveLength(1)
})

test('a folder that cannot be created is reported as a sentence, not thrown', async () => {
  const file = join(await temporaryFolder(), 'file')
  await writeFile(file, 'x')
  const cache = new FolderCache(join(file, 'cache'), 'code')
  cache.put('a', bytes(10, 1))
  expect(cache.store()).toMatch(/^the cache '.*' cannot be written: /)
})

test('the command line comes before DLP_CACHE, and an empty one means none', async () => {
  const [named, set] = [await temporaryFolder(), await temporaryFolder()]
  const stores = async (folder: string, choice: string | false | undefined, environment: Record<string, string>) => {
    const cache = openCache(choice, environment)
    cache?.put('a', bytes(1, 1))
    cache?.store()
    return (await readdir(folder)).length
  }
  expect(await stores(set, named, { DLP_CACHE: set })).toBe(0)
  const home = await temporaryFolder()
  expect(await stores(home, undefined, { XDG_CACHE_HOME: home })).toBe(1)
  expect(await readdir(home)).toEqual(['dlp'])
  expect(await stores(set, undefined, { DLP_CACHE: set })).toBe(1)
  expect(openCache(false, { DLP_CACHE: set })).toBeUndefined()
  expect(openCache(undefined, { DLP_CACHE: '' })).toBeUndefined()
})
