// A cache of compilations in a folder: a file for each entry, bounded in total size, safe for several compilers at once.

import {
  closeSync, constants, fstatSync, futimesSync, mkdirSync, openSync, readdirSync, readSync, renameSync, rmSync, statSync, writeFileSync,
} from 'node:fs' // prettier-ignore
import { join } from 'node:path'
import type { CompileCache } from '../../compiler/cache.ts'
import { keyOf } from '../../compiler/cache.ts'
import { isAlive, ownerPattern, ownProcess } from '../../host/process-owner.ts'
import { reasonOf } from '../files/reasons.ts'

/** Bytes of all entries together: about forty networks like ResNet-18. */
export const mostBytes = 2 ** 29
/** Age at which a temporary file is abandoned if its process cannot be checked. */
const abandonedMilliseconds = 3_600_000
const entryName = /^[0-9a-f]{64}$/
const temporaryName = new RegExp(`^\\.[0-9a-f]{64}\\.(?:(${ownerPattern})|\\d+)\\.\\d+$`)

/** `get` reads at once; `put` only collects, and `store` writes. A fault of the folder makes a compilation slower, but never makes it fail. */
export class FolderCache implements CompileCache {
  readonly #folder: string
  readonly #madeBy: string
  readonly #limit: number
  readonly #unstored = new Map<string, Uint8Array>()

  /**
   * @param madeBy identifies the code that makes the entries; entries of other code are not found
   * @param limit bytes of all entries together
   */
  constructor(folder: string, madeBy: string, limit: number = mostBytes) {
    this.#folder = folder
    this.#madeBy = madeBy
    this.#limit = limit
  }

  get(key: string): Uint8Array | undefined {
    try {
      // Does not follow links, and does not wait for a pipe, which might never end.
      const file = openSync(this.#pathOf(key), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
      try {
        const { size } = fstatSync(file)
        if (!fstatSync(file).isFile() || size > this.#limit) return undefined
        const bytes = new Uint8Array(size)
        let read = 0
        for (let more = -1; read < size && more !== 0; read += more)
          more = readSync(file, bytes, read, size - read, read)
        touch(file)
        return bytes.subarray(0, read)
      } finally {
        closeSync(file)
      }
    } catch {
      return undefined
    }
  }

  put(key: string, entry: Uint8Array): void {
    this.#unstored.set(key, entry)
  }

  /** Writes what was put, then removes the least recently used entries. @returns what went wrong, as a sentence */
  store(): string | undefined {
    if (this.#unstored.size === 0) return undefined
    try {
      mkdirSync(this.#folder, { recursive: true, mode: 0o700 })
      for (const [at, [key, entry]] of [...this.#unstored].entries()) {
        const path = this.#pathOf(key)
        const temporary = join(this.#folder, `.${this.#nameOf(key)}.${ownProcess()}.${at}`)
        try {
          writeFileSync(temporary, entry, { flag: 'wx', mode: 0o600 })
          renameSync(temporary, path)
        } finally {
          rmSync(temporary, { force: true })
        }
      }
      this.#unstored.clear()
      this.#evict()
      return undefined
    } catch (error) {
      return `the cache '${this.#folder}' cannot be written: ${reasonOf(error)}`
    }
  }

  #evict(): void {
    const names = readdirSync(this.#folder)
    const now = performance.timeOrigin + performance.now()
    const entries = names
      .filter((name) => entryName.test(name) || temporaryName.test(name))
      .flatMap((name) => {
        // Another compiler may have removed it meanwhile.
        const status = statSync(join(this.#folder, name), { throwIfNoEntry: false })
        return status?.isFile() === true ? [{ name, bytes: status.size, used: status.mtimeMs }] : []
      })
      .sort((a, b) => b.used - a.used || (a.name < b.name ? -1 : 1))
    let total = 0
    for (const { name, bytes, used } of entries) {
      const temporary = temporaryName.exec(name)
      if (temporary === null) total += bytes
      const isAbandoned = (): boolean => isAlive(temporary?.[1] ?? '') === false || now - used > abandonedMilliseconds
      if (temporary === null ? total > this.#limit : isAbandoned()) rmSync(join(this.#folder, name), { force: true })
    }
  }

  #nameOf(key: string): string {
    return keyOf(this.#madeBy, key)
  }

  #pathOf(key: string): string {
    return join(this.#folder, this.#nameOf(key))
  }
}

/** Marks an entry as used; in a read-only folder nothing changes. */
function touch(file: number): void {
  try {
    const now = (performance.timeOrigin + performance.now()) / 1000
    futimesSync(file, now, now)
  } catch {
    return
  }
}
