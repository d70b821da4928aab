// Results of earlier compilations, found by what they were made from. Where they lie is the caller's business, and what comes back is believed only after it was checked.
import { createHash } from 'node:crypto'
import type { SparseWeights } from './graph/integer.ts'

/** A place for results. Its answers may be missing, old or damaged. */
export interface CompileCache {
  get(key: string): Uint8Array | undefined
  put(key: string, entry: Uint8Array): void
}

/** What a result is made from: texts, numbers and arrays, in a fixed order. */
export type Ingredient = string | ArrayBufferView

/** The name of what is made from the ingredients. */
export function keyOf(...ingredients: readonly Ingredient[]): string {
  const hash = createHash('sha256')
  for (const each of ingredients) {
    const bytes =
      typeof each === 'string' ? Buffer.from(each) : Buffer.from(each.buffer, each.byteOffset, each.byteLength)
    // The kind and length first, so that no two lists of ingredients read the same.
    hash.update(`${typeof each} ${bytes.length}\n`)
    hash.update(bytes)
  }
  return hash.digest('hex')
}

const digests = new WeakMap<SparseWeights, string>()

/** The name of sparse weights, computed once. */
export function digestOfWeights(weights: SparseWeights): string {
  const known = digests.get(weights)
  if (known !== undefined) return known
  const { rows, columns, rowStart, column, value } = weights
  const digest = keyOf(`${rows} × ${columns}`, rowStart, column, value)
  digests.set(weights, digest)
  return digest
}

const digestBytes = 32

/** An entry that carries its own digest, so that damage is found. */
export function seal(key: string, content: Uint8Array): Uint8Array {
  const sealed = new Uint8Array(digestBytes + content.length)
  sealed.set(digestOf(key, content))
  sealed.set(content, digestBytes)
  return sealed
}

/** The content of an entry that `seal` made for this very key; undefined if it was not. */
export function unseal(key: string, sealed: Uint8Array): Uint8Array | undefined {
  if (sealed.length < digestBytes) return undefined
  const content = sealed.subarray(digestBytes)
  return Buffer.compare(sealed.subarray(0, digestBytes), digestOf(key, content)) === 0 ? content : undefined
}

const digestOf = (key: string, content: Uint8Array): Uint8Array =>
  createHash('sha256').update(key).update(content).digest()

/** What the cache holds under a key, where it is whole and `read` takes it: undefined where the content is no such result, or a wrong one. */
export function lookUp<T>(
  cache: CompileCache,
  key: string,
  read: (content: Uint8Array) => T | undefined,
): T | undefined {
  const entry = cache.get(key)
  const content = entry === undefined ? undefined : unseal(key, entry)
  return content === undefined ? undefined : read(content)
}

/** Puts a result under a key. */
export function store(cache: CompileCache, key: string, content: Uint8Array): void {
  cache.put(key, seal(key, content))
}

/** How a result is made, and how it lies in an entry. */
export interface Recipe<T> {
  readonly make: () => T
  readonly write: (value: T) => Uint8Array
  /** undefined where the content is no such result, or a wrong one */
  readonly read: (content: Uint8Array) => T | undefined
}

/** What the cache holds under a key; else what the recipe makes, which is then stored. */
export function cached<T>(cache: CompileCache, key: string, { read, make, write }: Recipe<T>): T {
  const known = lookUp(cache, key, read)
  if (known !== undefined) return known
  const value = make()
  store(cache, key, write(value))
  return value
}
