// Inputs from files: arrays by their element type, pictures by their size, folders in order of name.

import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { readInput, readInputs } from '../../../toolchain/inputs/input-file.ts'
import { writeNpy } from '../../../toolchain/files/npy.ts'
import { DlpError } from '../../../base/error.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const shape = [3, 4, 4] as const

async function file(name: string, bytes: Uint8Array): Promise<string> {
  const path = join(await temporaryFolder(), name)
  await writeFile(path, bytes)
  return path
}

/** A picture of one colour. */
const picture = (width: number, height: number, rgb: readonly [number, number, number]): Promise<Uint8Array> =>
  sharp({ create: { width, height, channels: 3, background: { r: rgb[0], g: rgb[1], b: rgb[2] } } })
    .png()
    .toBuffer()

describe('an array', () => {
  const floats = { type: 'f4', shape: [1, 3, 4, 4], data: new Float32Array(48).fill(2) } as const

  test('of floats holds real values, with or without a leading 1', async () => {
    const path = await file('x.npy', writeNpy(floats))
    expect(await readInput(path, shape, true)).toEqual({ kind: 'real', data: floats.data })
    const flat = await file('x.npy', writeNpy({ ...floats, shape }))
    expect((await readInput(flat, shape, false)).kind).toBe('real')
  })

  test('of bytes holds pixels, or codes if that is stated', async () => {
    const path = await file('x.npy', writeNpy({ type: 'u1', shape, data: new Uint8Array(48) }))
    expect((await readInput(path, shape, false)).kind).toBe('pixels')
    expect((await readInput(path, shape, true)).kind).toBe('codes')
  })

  test('of other whole numbers is refused unless they are stated to be codes', async () => {
    const path = await file('x.npy', writeNpy({ type: 'i4', shape, data: new Int32Array(48) }))
    await expect(readInput(path, shape, false)).rejects.toThrow('give --codes')
    expect((await readInput(path, shape, true)).kind).toBe('codes')
  })

  test('of another shape is refused, with both shapes', async () => {
    const path = await file('x.npy', writeNpy({ ...floats, shape: [3, 16], data: floats.data }))
    await expect(readInput(path, shape, false)).rejects.toThrow('[3, 16]; allowed: [3, 4, 4]')
    await expect(readInput(path, shape, false)).rejects.toBeInstanceOf(DlpError)
  })
})

describe('a picture', () => {
  test('of the input’s size gives its pixels', async () => {
    const path = await file('x.png', await picture(4, 4, [10, 20, 30]))
    const { kind, data } = await readInput(path, shape, false)
    expect([kind, data[0], data[16], data[47]]).toEqual(['pixels', 10, 20, 30])
  })

  test('of another size is scaled and cropped to it', async () => {
    const path = await file('x.png', await picture(30, 17, [10, 20, 30]))
    const { data } = await readInput(path, [3, 4, 6], false)
    expect([data.length, data[0], data[71]]).toEqual([72, 10, 30])
  })

  test('becomes grey for an input of one channel', async () => {
    const path = await file('x.png', await picture(4, 4, [100, 100, 100]))
    expect(Array.from((await readInput(path, [1, 4, 4], false)).data)).toEqual(new Array(16).fill(100))
  })

  test('does not fit an input of five channels', async () => {
    const path = await file('x.png', await picture(4, 4, [1, 2, 3]))
    await expect(readInput(path, [5, 4, 4], false)).rejects.toThrow('5 channels')
  })
})

describe('several inputs', () => {
  test('are a folder’s pictures in order of name', async () => {
    const folder = await temporaryFolder()
    for (const [name, grey] of [
      ['b.png', 2],
      ['a.png', 1],
      ['c.png', 3],
    ] as const)
      await writeFile(join(folder, name), await picture(4, 4, [grey, grey, grey]))
    await writeFile(join(folder, 'notes.txt'), 'no picture')
    const inputs = await readInputs(folder, shape, 2)
    expect(inputs.map(({ data }) => data[0])).toEqual([1, 2])
  })

  test('are the elements of an array', async () => {
    const data = Float32Array.from({ length: 96 }, (_, index) => index)
    const path = await file('x.npy', writeNpy({ type: 'f4', shape: [2, 3, 4, 4], data }))
    expect((await readInputs(path, shape, 64)).map(({ data: own }) => own[0])).toEqual([0, 48])
    expect(await readInputs(path, shape, 1)).toHaveLength(1)
  })

  test('are refused where there is none', async () => {
    const folder = await temporaryFolder()
    await mkdir(join(folder, 'empty'))
    await expect(readInputs(join(folder, 'empty'), shape, 9)).rejects.toThrow('holds no picture')
    await expect(readInputs(join(folder, 'nowhere'), shape, 9)).rejects.toThrow('no such file or folder')
  })
})
