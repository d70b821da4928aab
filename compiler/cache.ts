// Results of earlier compilations, found by a digest of their inputs. The caller chooses the storage; what it returns is checked before use.
import { createHash } from 'node:crypto'
import type { SparseWeights } from './graph/integer.ts'

/** Storage for results. Entries may be missing, stale or damaged. */
export interface CompileCache {
  get(key: string): Uint8Array | undefined
  put(key: string, entry: Uint8Array): void
}

/** One input of a result. A key is the digest of all of them, in a fixed order. */
export type KeyPart = string | ArrayBufferView

/** The key of the result that is computed from these inputs. */
export function keyOf(...parts: readonly KeyPart[]): string {
  const hash = createHash('sha256')
  for (const each of parts) {
    const bytes =
      typeof each === 'string' ? Buffer.from(each) : Buffer.from(each.buffer, each.byteOffset, each.byteLength)
    // Kind and length first, so that no two lists of parts have the same bytes.
    hash.update(`${typeof each} ${bytes.length}\n`)
    hash.update(bytes)
  }
  return hash.digest('hex')
}

const digests = new WeakMap<SparseWeights, string>()

/** The key of sparse weights, computed once for each matrix. */
export function digestOfWeights(weights: SparseWeights): string {
  const known = digests.get(weights)
  if (known !== undefined) return known
  const { rows, columns, rowStart, column, value } = weights
  const digest = keyOf(`${rows} × ${columns}`, rowStart, column, value)
  digests.set(weights, digest)
  return digest
}

const digestBytes = 32

/** An entry with a checksum, by which damage is detected. */
export function seal(key: string, content: Uint8Array): Uint8Array {
  const sealed = new Uint8Array(digestBytes + content.length)
  sealed.set(digestOf(key, content))
  sealed.set(content, digestBytes)
  return sealed
}

/** The content of an entry that `seal` made for this key; undefined for any other bytes. */
export function unseal(key: string, sealed: Uint8Array): Uint8Array | undefined {
  if (sealed.length < digestBytes) return undefined
  const content = sealed.subarray(digestBytes)
  return Buffer.compare(sealed.subarray(0, digestBytes), digestOf(key, content)) === 0 ? content : undefined
}

const digestOf = (key: string, content: Uint8Array): Uint8Array =>
  createHash('sha256').update(key).update(content).digest()

/** The result that the cache holds under a key; undefined where there is none, it is damaged, or `read` rejects it. */
export function lookUp<T>(
  cache: CompileCache,
  key: string,
  read: (content: Uint8Array) => T | undefined,
): T | undefined {
  const entry = cache.get(key)
  const content = entry === undefined ? undefined : unseal(key, entry)
  return content === undefined ? undefined : read(content)
}

/** Stores a result under a key. */
export function store(cache: CompileCache, key: string, content: Uint8Array): void {
  cache.put(key, seal(key, content))
}

/** How a result is computed, encoded into an entry and decoded from it. */
export interface CacheableResult<T> {
  readonly make: () => T
  readonly write: (value: T) => Uint8Array
  /** undefined where the content is not a valid result */
  readonly read: (content: Uint8Array) => T | undefined
}

/** The result that the cache holds under a key; else a new one, which is then stored. */
export function cached<T>(cache: CompileCache, key: string, { make, write, read }: CacheableResult<T>): T {
  const known = lookUp(cache, key, read)
  if (known !== undefined) return known
  const value = make()
  store(cache, key, write(value))
  return value
}
