// dlp compile with a cache: the same file in less time.

import { existsSync } from 'node:fs'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { build } from '../../examples/resnet8/build.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { runDlp } from './run-dlp.ts'

test('a second compilation reads its schedules from the cache and writes the same file; --no-cache uses no cache', async () => {
  const folder = await temporaryFolder()
  const [model, cache] = [join(folder, 'resnet8.onnx'), join(folder, 'cache')]
  await writeFile(model, build())
  const compiled = async (name: string, ...words: string[]) => {
    const output = join(folder, name)
    const options = ['--machine', 'edge', '--density', '0.3', '--json']
    const { exitCode, out } = await runDlp('compile', model, '-o', output, ...options, ...words)
    expect(exitCode).toBe(0)
    const { fromCache } = JSON.parse(out) as { fromCache?: boolean[] }
    return { bytes: await readFile(output), fromCache }
  }
  const without = await compiled('a.dlp', '--no-cache')
  expect(without.fromCache).toBeUndefined()
  const cold = await compiled('b.dlp', '--cache', cache)
  expect(new Set(cold.fromCache)).toEqual(new Set([false]))
  expect((await readdir(cache)).length).toBeGreaterThan(0)
  const warm = await compiled('c.dlp', '--cache', cache)
  expect(new Set(warm.fromCache)).toEqual(new Set([true]))
  expect([cold, warm].map(({ bytes }) => bytes.equals(without.bytes))).toEqual([true, true])
})

test.skipIf(!existsSync('/dev/full'))('where the program cannot be written nothing is kept', async () => {
  const folder = await temporaryFolder()
  const [model, cache] = [join(folder, 'resnet8.onnx'), join(folder, 'cache')]
  await writeFile(model, build())
  const words = ['--machine', 'edge', '--density', '0.3', '--cache', cache]
  expect(await runDlp('compile', model, '-o', '/dev/full', ...words)).toMatchObject({ exitCode: 1 })
  expect(existsSync(cache)).toBe(false)
})
