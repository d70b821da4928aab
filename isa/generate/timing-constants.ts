// The constants of isa/timing.ts with the sentences that stand above them in its source.

import { readFileSync } from 'node:fs'
import * as timing from '../timing.ts'

export interface TimingConstant {
  readonly name: string
  readonly value: number
  readonly summary: string
}

/** Every exported number of isa/timing.ts, in the order of its source. */
export function timingConstants(): TimingConstant[] {
  return documented().flatMap(({ name, summary }) => {
    const value = (timing as Readonly<Record<string, unknown>>)[name]
    return typeof value === 'number' ? [{ name, value, summary }] : []
  })
}

/** Every exported formula of isa/timing.ts: its name and the sentence above it. */
export function timingFormulas(): { readonly name: string; readonly summary: string }[] {
  return documented().filter(({ name }) => typeof (timing as Readonly<Record<string, unknown>>)[name] === 'function')
}

function documented(): { readonly name: string; readonly summary: string }[] {
  const source = readFileSync(new URL('../timing.ts', import.meta.url), 'utf8')
  const names = [...source.matchAll(/(?:\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\n)?export (?:const|function) (\w+)/g)]
  return names.map(([, comment = '', name = '']) => ({ name, summary: oneLine(comment) }))
}

function oneLine(comment: string): string {
  return comment
    .split('\n')
    .map((line) => line.replace(/^\s*\*?\s*/, '').trim())
    .join(' ')
    .trim()
}
