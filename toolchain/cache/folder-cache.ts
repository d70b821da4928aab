// A cache of compilations in a folder: one file an entry, bounded together, safe for several compilers at once.

import {
  closeSync, constants, fstatSync, futimesSync, mkdirSync, openSync, readdirSync, readSync, renameSync, rmSync, statSync, writeFileSync,
} from 'node:fs' // prettier-ignore
import { join } from 'node:path'
import type { CompileCache } from '../../compiler/cache.ts'
import { keyOf } from '../../compiler/cache.ts'
import { isAlive, ownerPattern, ownProcess } from '../../host/process-owner.ts'
import { reasonOf } from '../files/reasons.ts'

/** All entries together: some forty networks like ResNet-18. */
export const mostBytes = 2 ** 29
/** An entry on its way whose process cannot be asked is nobody's when it is so old. */
const abandonedMilliseconds = 3_600_000
const entryName = /^[0-9a-f]{64}$/
const asideName = new RegExp(`^\\.[0-9a-f]{64}\\.(?:(${ownerPattern})|\\d+)\\.\\d+$`)

/** Entries are looked up at once and stored when `store` is called; what is wrong with the folder makes a compilation slower, never fail. */
export class FolderCache implements CompileCache {
  readonly #folder: string
  readonly #made: string
  readonly #limit: number
  readonly #fresh = new Map<string, Uint8Array>()

  /**
   * @param madeBy names the code that makes the entries: those of other code are not found
   * @param limit bytes of all entries together
   */
  constructor(folder: string, madeBy: string, limit: number = mostBytes) {
    this.#folder = folder
    this.#made = madeBy
    this.#limit = limit
  }

  get(key: string): Uint8Array | undefined {
    try {
      // Neither through a link nor from a pipe, which would never end.
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
    this.#fresh.set(key, entry)
  }

  /** Writes what was put, then removes the entries that were used longest ago; gives what went wrong, in words. */
  store(): string | undefined {
    if (this.#fresh.size === 0) return undefined
    try {
      mkdirSync(this.#folder, { recursive: true, mode: 0o700 })
      for (const [at, [key, entry]] of [...this.#fresh].entries()) {
        const path = this.#pathOf(key)
        const aside = join(this.#folder, `.${this.#nameOf(key)}.${ownProcess()}.${at}`)
        try {
          writeFileSync(aside, entry, { flag: 'wx', mode: 0o600 })
          renameSync(aside, path)
        } finally {
          rmSync(aside, { force: true })
        }
      }
      this.#fresh.clear()
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
      .filter((name) => entryName.test(name) || asideName.test(name))
      .flatMap((name) => {
        // Another compiler may have removed it meanwhile.
        const status = statSync(join(this.#folder, name), { throwIfNoEntry: false })
        return status?.isFile() === true ? [{ name, bytes: status.size, used: status.mtimeMs }] : []
      })
      .sort((a, b) => b.used - a.used || (a.name < b.name ? -1 : 1))
    let total = 0
    for (const { name, bytes, used } of entries) {
      const aside = asideName.exec(name)
      if (aside === null) total += bytes
      const isAbandoned = (): boolean => isAlive(aside?.[1] ?? '') === false || now - used > abandonedMilliseconds
      if (aside === null ? total > this.#limit : isAbandoned()) rmSync(join(this.#folder, name), { force: true })
    }
  }

  #nameOf(key: string): string {
    return keyOf(this.#made, key)
  }

  #pathOf(key: string): string {
    return join(this.#folder, this.#nameOf(key))
  }
}

/** Marks an entry as used; a folder that may only be read keeps its order. */
function touch(file: number): void {
  try {
    const now = (performance.timeOrigin + performance.now()) / 1000
    futimesSync(file, now, now)
  } catch {
    return
  }
}
