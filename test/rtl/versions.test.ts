// Program files of every version on the RTL in Verilator: those that it supports run as when they were written; its registers identify the others.
import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { missingTools } from '../../host/verilator/build.ts'
import { Processor } from '../../host/verilator/processor.ts'
import { openVerilator } from '../../host/verilator.ts'
import { limitsOf, machines } from '../../isa/model/machine.ts'
import type { Machine } from '../../isa/model/machine.ts'
import { readProgram } from '../../isa/container/read.ts'
import { isaVersionWord } from '../../isa/registers.ts'
import { currentVersions } from '../../isa/versions.ts'
import { caseOf, goldenFiles, goldenMachines, isOurs, runs } from '../support/golden-versions.ts'
import { compare } from './processor-comparison.ts'

const isHere = process.env['CI'] === 'true' || missingTools().length === 0
const blockMemory = (machine: Machine): boolean => limitsOf(machine).postInterval > 1
const programs = goldenFiles()
  .filter(({ bytes }) => isOurs(bytes))
  .map((file) => ({ ...file, program: readProgram(file.bytes, file.name) }))

describe.skipIf(!isHere).each(goldenMachines)('program files of every version on the RTL: $name', (machine) => {
  let processor: Processor
  beforeAll(async () => {
    processor = await Processor.open(machine, { randomState: 1, blockMemory: blockMemory(machine) })
  }, 300_000)
  afterAll(() => processor?.close())

  test.each(programs.filter(({ program }) => program.machine.name === machine.name))('$name', async ({ program, line }) => {
    const { difference, outputs, cycles } = await compare(processor, caseOf(program))
    expect(difference).toBeUndefined()
    const values = createHash('sha256')
    for (const { name } of program.outputs) values.update(outputs[name]!)
    expect({ ...cycles, values: values.digest('hex') }).toEqual(runs(line))
  })

  test('its registers state the versions that it supports, and a program for another version is refused', async () => {
    expect(await processor.peek('isaVersion')).toBe(isaVersionWord(currentVersions))
    expect(await processor.peek('timingVersion')).toBe(currentVersions.timing)
    const { program } = programs.find((each) => each.program.machine.name === machine.name)!
    for (const [versions, what] of [
      [{ isa: currentVersions.isa + 1, timing: currentVersions.timing }, /needs ISA version \d+; allowed: .* as the RTL in Verilator has .*compile the model again/],
      [{ isa: currentVersions.isa, timing: currentVersions.timing + 1 }, /timing version \d+, .*; allowed: .* as the RTL in Verilator has .*compile the model again/],
    ] as const)
      await expect(processor.place({ ...program, versions })).rejects.toThrow(what)
  })
})

test.skipIf(!isHere)('a device refuses a program for another version before it writes anything', { timeout: 300_000 }, async () => {
  const device = await openVerilator(machines.tiny)
  const { program } = programs.find((each) => each.program.machine.name === 'tiny')!
  await expect(device.load({ ...program, versions: { isa: 1, timing: currentVersions.timing + 1 } })).rejects.toThrow('compile the model again')
  expect((await device.load(program)).cycles).toBe(runs(programs.find((each) => each.program === program)!.line).init)
  await device.close()
})
