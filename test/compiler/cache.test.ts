// The cache saves work and does not change the result: empty, full, damaged or absent, the program's bytes are the same.

import { describe, expect, test } from 'vitest'
import { type CompileCache, keyOf, seal, unseal } from '../../compiler/cache.ts'
import { compile, type Compilation } from '../../compiler/compile.ts'
import type { Graph } from '../../compiler/graph/graph.ts'
import { tensor } from '../../compiler/graph/tensor.ts'
import { writeOnnx } from '../../compiler/onnx/write.ts'
import { shape as resnet8 } from '../../examples/resnet8/build.ts'
import { resnet } from '../../examples/support/resnet.ts'
import { writeProgram } from '../../isa/container/write.ts'
import { machines } from '../../isa/model/machine.ts'

class MemoryCache implements CompileCache {
  readonly entries = new Map<string, Uint8Array>()
  get(key: string): Uint8Array | undefined {
    return this.entries.get(key)
  }
  put(key: string, entry: Uint8Array): void {
    this.entries.set(key, entry)
  }
}

const model = resnet({ ...resnet8, imageSize: 16, stageChannels: [16, 32] }, 1)
const compiled = (graph: Graph, cache?: CompileCache): Compilation =>
  compile(writeOnnx(graph), { name: 'small', machine: machines.edge, density: 0.3, cache })
const bytesOf = ({ program }: Compilation): Buffer => Buffer.from(writeProgram(program))

const without = bytesOf(compiled(model))
const full = new MemoryCache()
const cold = compiled(model, full)

/** The cache with each entry changed. */
function damaged(damage: (entry: Uint8Array, key: string, at: number) => Uint8Array): MemoryCache {
  const cache = new MemoryCache()
  let at = 0
  for (const [key, entry] of full.entries) cache.put(key, damage(entry.slice(), key, at++))
  return cache
}

describe('a program is the same', () => {
  test('with an empty cache, which it fills', () => {
    expect(bytesOf(cold).equals(without)).toBe(true)
    expect(cold.report.fromCache!.every((found) => !found)).toBe(true)
    expect(full.entries.size).toBeGreaterThanOrEqual(cold.report.fromCache!.length)
  })

  test('with a full one, from which every schedule comes', () => {
    const warm = compiled(model, full)
    expect(bytesOf(warm).equals(without)).toBe(true)
    expect(warm.report.fromCache!.every((found) => found)).toBe(true)
    expect({ ...warm.report, fromCache: [] }).toEqual({ ...cold.report, fromCache: [] })
  })

  test.each<[string, (entry: Uint8Array, key: string, at: number) => Uint8Array]>([
    ['of which a bit has changed', (entry, _, at) => entry.fill(entry[40 + at]! ^ 4, 40 + at, 41 + at)],
    ['that is cut off', (entry) => entry.subarray(0, entry.length - 1)],
    ['that is empty', () => new Uint8Array()],
    ['that lies under another key', (_, key) => [...full.entries].find(([other]) => other !== key)![1]],
    ['that is whole, but of something else', (_, key) => seal(key, new Uint8Array(5000).fill(1))],
  ])('with an entry %s, which is made anew', (_, damage) => {
    const cache = damaged(damage)
    const again = compiled(model, cache)
    expect(bytesOf(again).equals(without)).toBe(true)
    expect(again.report.fromCache!.every((found) => !found)).toBe(true)
    expect([...cache.entries]).toEqual([...full.entries])
  })

  test('with an undamaged entry whose beats compute something else', () => {
    const cache = damaged((entry, key) => {
      const content = unseal(key, entry)!.slice()
      // The bytes after the header: a weight of another value.
      for (let at = 200; at < content.length && at < 260; at++) if (content[at] === 1) content[at] = 2
      return seal(key, content)
    })
    expect(bytesOf(compiled(model, cache)).equals(without)).toBe(true)
  })
})

test('a changed layer is scheduled again, and the others are not', () => {
  const old = model.constants.get('fc.weight')!
  const weight = tensor(
    Float32Array.from(old.data, (value, at) => value * Math.cos(at)),
    old.shape,
  )
  const changed = { ...model, constants: new Map([...model.constants, ['fc.weight', weight]]) }
  const first = compiled(changed)
  const cache = new MemoryCache()
  for (const [key, entry] of full.entries) cache.put(key, entry)
  const again = compiled(changed, cache)
  expect(bytesOf(again).equals(bytesOf(first))).toBe(true)
  expect(again.report.fromCache!.at(-1)).toBe(false)
  expect(again.report.fromCache!.slice(0, -1).every((found) => found)).toBe(true)
})

test('keys distinguish where one part ends and the next begins', () => {
  const keys = [keyOf('ab', 'c'), keyOf('a', 'bc'), keyOf('abc'), keyOf('abc', ''), keyOf(Uint8Array.of(97, 98, 99))]
  expect(new Set(keys).size).toBe(keys.length)
})
