// Small programs with numbers changed to extremes, under valid checksums, are refused with a message or run in bounded memory and time.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { randomProgram } from '../../isa/arbitraries/program.ts'
import { print } from '../../isa/assembly/print.ts'
import { readProgram } from '../../isa/container/read.ts'
import { summarise } from '../../isa/container/summary.ts'
import { verifyProgram } from '../../isa/container/verify.ts'
import { writeProgram } from '../../isa/container/write.ts'
import { DlpError } from '../../base/error.ts'
import { machines } from '../../isa/model/machine.ts'
import type { Program } from '../../isa/program.ts'
import { simulate, simulateTiming } from '../../simulator/simulate.ts'
import { sampleProgram } from '../isa/container/sample-program.ts'

const extremes = [0, 1, 2, 8, 255, 1000, 4095, 4096, 8191, 16383, 65535, 65536, 2 ** 17 - 1, 2 ** 20, 2 ** 28, 2 ** 30]
const programs = [sampleProgram(), ...[1, 7, 12].map((seed) => randomProgram(machines.tiny, seed, 3).program)]
const parts = ['machine', 'instructions', 'inputs', 'outputs', 'layers', 'entry', 'scratchBytes'] as const

type Fields = Record<string, unknown>

/** Every number within a value, with what holds it. */
const numbersIn = (value: object): [Fields, string][] =>
  Object.entries(value).flatMap(([key, each]): [Fields, string][] =>
    typeof each === 'number'
      ? [[value as Fields, key]]
      : typeof each === 'object' && each !== null
        ? numbersIn(each as object)
        : [],
  )

/** A copy with one number of a part changed. */
function changed(program: Program, part: (typeof parts)[number], position: number, extreme: number): Program {
  const copy = { ...program, [part]: structuredClone(program[part]) }
  const numbers = part === 'scratchBytes' ? [[copy as unknown as Fields, part] as const] : numbersIn(copy[part])
  if (numbers.length === 0) return program
  const [holder, key] = numbers[position % numbers.length]!
  holder[key] = extreme
  return copy
}

test('a damaged program takes bounded memory and time, read, printed, verified or run', () => {
  const change = fc.tuple(fc.constantFrom(...parts), fc.nat(1000), fc.constantFrom(...extremes))
  const before = process.memoryUsage().rss
  let ran = 0
  fc.assert(
    fc.property(fc.constantFrom(...programs), fc.array(change, { minLength: 1, maxLength: 2 }), (program, changes) => {
      const start = process.cpuUsage()
      try {
        const hostile = changes.reduce(
          (each, [part, position, extreme]) => changed(each, part, position, extreme),
          program,
        )
        const read = readProgram(writeProgram(hostile), 'hostile.dlp')
        summarise(read)
        print(read)
        if (verifyProgram(read).length === 0) {
          simulateTiming(read)
          simulate(read, Object.fromEntries(read.inputs.map(({ name, bytes }) => [name, new Uint8Array(bytes)])))
          ran++
        }
      } catch (error) {
        expect(error).toBeInstanceOf(DlpError)
      }
      const { user, system } = process.cpuUsage(start)
      expect(user + system).toBeLessThan(4e6)
    }),
    { numRuns: 200 },
  )
  expect(ran).toBeGreaterThan(10)
  expect(process.memoryUsage().rss - before).toBeLessThan(400 * 2 ** 20)
})
