// Common parts of all proofs: options, skipping, printing and recording.

import { mkdirSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { progressOn } from '../../cli/io/progress.ts'
import type { Progress } from '../../compiler/progress.ts'

export interface Proof {
  /** the script's name and that of the file in `results/` */
  readonly name: string
  /** whether everything that it claims holds */
  readonly holds: boolean
  /** for machines */
  readonly figures: Readonly<Record<string, unknown>>
  /** for people */
  readonly lines: readonly string[]
}

/** Numbers that a proof takes from the command line, with what each is if not given. */
export type Numbers<Name extends string = string> = Readonly<Record<Name, number>>

const usage = (name: string, numbers: Numbers): string =>
  `npm run prove:${name} -- ${Object.entries(numbers)
    .map(([key, value]) => `[--${key} ${value}] `)
    .join('')}[--json] [--record]
  --json    figures for machines on standard output
  --record  also write them to test/proofs/results/${name}.json`

/**
 * Runs a proof, prints it and sets the exit code: 0 where it holds or its data is missing, 1 where it does not hold, 2 for wrong options.
 * @param missing what is not on this machine, in words
 */
export async function report<Name extends string = never>(
  name: string,
  missing: string | undefined,
  prove: (progress: Progress, numbers: Numbers<Name>) => Promise<Proof>,
  numbers: Numbers<Name> = {} as Numbers<Name>,
): Promise<void> {
  const options = optionsOf(name, numbers)
  if (options === undefined) return
  if (missing !== undefined) {
    console.log(options.json ? JSON.stringify({ proof: name, skipped: missing }) : `skipped: ${missing}`)
    return
  }
  const progress = progressOn(process.stderr)
  const proof = await prove(progress, options.numbers)
  progress.done()
  const record = { proof: name, holds: proof.holds, ...when(), ...proof.figures }
  const text = JSON.stringify(record, undefined, 2)
  console.log(options.json ? text : [...proof.lines, proof.holds ? 'holds' : 'DOES NOT HOLD'].join('\n'))
  if (options.record) {
    mkdirSync(new URL('results/', import.meta.url), { recursive: true })
    writeFileSync(new URL(`results/${name}.json`, import.meta.url), `${text}\n`)
  }
  process.exitCode = proof.holds ? 0 : 1
}

interface Options<Name extends string> {
  readonly json: boolean
  readonly record: boolean
  readonly numbers: Numbers<Name>
}

/** The options; undefined, with a line on standard error and exit code 2, where they are wrong. */
function optionsOf<Name extends string>(name: string, defaults: Numbers<Name>): Options<Name> | undefined {
  const flag = { type: 'boolean', default: false } as const
  const texts = Object.keys(defaults).map((key) => [key, { type: 'string' }] as const)
  try {
    const { values } = parseArgs({ options: { json: flag, record: flag, ...Object.fromEntries(texts) } })
    const given: Readonly<Record<string, unknown>> = values
    const numbers = Object.entries<number>(defaults).map(([key, value]) => [key, Number(given[key] ?? value)] as const)
    const wrong = numbers.find(([, value]) => !Number.isSafeInteger(value) || value < 0)
    if (wrong !== undefined) throw new Error(`--${wrong[0]} is a whole number`)
    return { json: values.json, record: values.record, numbers: Object.fromEntries(numbers) as Numbers<Name> }
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n${usage(name, defaults)}`)
    process.exitCode = 2
    return undefined
  }
}

/** Day and machine of a run. */
export function when(): { readonly date: string; readonly machine: Readonly<Record<string, unknown>> } {
  return {
    date: new Date().toISOString().slice(0, 10),
    machine: { cpu: cpus()[0]?.model ?? 'unknown', cores: availableParallelism(), node: process.versions.node },
  }
}

/** Runs a step and says how many seconds it took. */
export async function timed<T>(step: () => Promise<T> | T): Promise<{ readonly result: T; readonly seconds: number }> {
  const start = performance.now()
  const result = await step()
  return { result, seconds: Math.round((performance.now() - start) / 100) / 10 }
}
