// Errors of the processor in Verilator are reported with status and instruction, and the next run is unaffected.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openVerilator } from '../../host/verilator.ts'
import { missingTools } from '../../host/verilator/build.ts'
import { Processor } from '../../host/verilator/processor.ts'
import type { RunOutcome } from '../../host/verilator/processor.ts'
import { randomProgram } from '../../isa/arbitraries/program.ts'
import { encodeProgramWords, instructionBytes } from '../../isa/codec.ts'
import type { Instruction, LegalInstruction } from '../../isa/instruction.ts'
import { Simulator } from '../../simulator/simulate.ts'
import { compare } from './processor-comparison.ts'
import { odd, roomy } from './processor-machines.ts'

const isHere = process.env['CI'] === 'true' || missingTools().length === 0
const buildMs = 300_000
/** A program that loads, computes and stores; its infer entry streams weights. */
const sample = randomProgram(roomy, 1_000_003, 4)
const { program, inputs } = sample
const first = program.entry.infer
const expected = (() => {
  const simulator = new Simulator(program, { check: false })
  simulator.init()
  return simulator.infer(inputs).timing
})()

describe.skipIf(!isHere)('the processor in Verilator', () => {
  let processor: Processor
  beforeAll(async () => {
    processor = await Processor.open(roomy)
  }, buildMs)
  afterAll(() => processor?.close())

  /** Runs with one instruction replaced; then the unchanged program must run as before. */
  async function runWith(index: number, instruction: Instruction | bigint): Promise<RunOutcome> {
    const words = encodeProgramWords(program.instructions)
    const word =
      typeof instruction === 'bigint' ? wordBytes(instruction) : encodeProgramWords([instruction])
    words.set(word, index * instructionBytes)
    await processor.place(program, words)
    const outcome = await processor.run(first, 100_000)
    await expectUnaffected()
    return outcome
  }

  async function expectUnaffected(): Promise<void> {
    expect((await compare(processor, sample)).difference).toBeUndefined()
  }

  test('runs the sample with the simulator’s bytes and cycles', expectUnaffected)

  test('an illegal word ends the run and is reported', async () => {
    for (let index = first; index < program.instructions.length; index++) {
      const { status, errorIndex, interrupt } = await runWith(index, 63n)
      expect({ status, errorIndex }).toEqual({ status: 'illegalInstruction', errorIndex: index })
      expect(interrupt).toBeGreaterThan(0)
    }
  })

  test('an instruction outside the machine’s memories is refused', async () => {
    const index = program.instructions.findIndex(({ op }, i) => i >= first && op === 'COMPUTE')
    const compute = program.instructions[index] as LegalInstruction & { op: 'COMPUTE' }
    const { status, errorIndex } = await runWith(index, { ...compute, beat: roomy.weightBeats })
    expect({ status, errorIndex }).toEqual({ status: 'machineRefused', errorIndex: index })
  })

  test('a read that DRAM answers with an error ends the run and is reported with its instruction', async () => {
    const readers = new Set(['LOAD', 'LOADW', 'LOADP', 'LOADT'])
    for (let burst = 0; burst < 6; burst++) {
      await processor.place(program)
      await processor.fail('read', burst)
      const { status, errorIndex } = await processor.run(first, 100_000)
      expect(status).toBe('axiReadError')
      expect(readers).toContain(program.instructions[errorIndex]!.op)
      await expectUnaffected()
    }
  })

  test('a write that DRAM answers with an error ends the run and is reported with its instruction', async () => {
    await processor.place(program)
    await processor.fail('write', 0)
    const { status, errorIndex } = await processor.run(first, 100_000)
    expect(status).toBe('axiWriteError')
    expect(['STORE', 'STOREL']).toContain(program.instructions[errorIndex]!.op)
    await expectUnaffected()
  })

  test('a wait for a semaphore that is never signalled is ended by the watchdog', async () => {
    const index = program.instructions.length - 2
    const waiting = { ...(program.instructions[index] as LegalInstruction), wait: 1 << 15 }
    await processor.reset(500)
    const { status } = await runWith(index, waiting)
    expect(status).toBe('watchdog')
    await processor.reset()
  })

  test('a signal that no instruction waits for is reported at HALT', async () => {
    const index = program.instructions.length - 2
    const last = program.instructions[index] as LegalInstruction
    const { status, errorIndex } = await runWith(index, { ...last, signal: last.signal | (1 << 15) })
    expect({ status, errorIndex }).toEqual({ status: 'semaphoreNotZero', errorIndex: index + 1 })
  })

  test('a device refuses programs for another machine and calls out of order', async () => {
    const device = await openVerilator(roomy)
    await expect(device.load(randomProgram(odd, 1, 1).program)).rejects.toThrow("is for machine 'odd'")
    expect(() => device.start()).toThrow('no program is loaded')
    await device.load(program)
    await expect(device.wait()).rejects.toThrow('nothing was started')
    await device.close()
  })

  test.each([
    ['soft', 'calm', {}],
    ['hard', 'calm', {}],
    ['soft', 'slow and pausing', { randomLatency: 5, backPressure: 6 }],
    ['hard', 'slow and pausing', { randomLatency: 7, backPressure: 8 }],
  ] as const)('a %s reset in any cycle, with %s DRAM: the next run is unaffected', async (how, calm, disturbance) => {
    const own = await Processor.open(roomy, disturbance)
    const compared = calm === 'calm' ? 'values and cycles' : 'values'
    const step = Math.ceil(expected.cycles / 60)
    for (let cycle = 1; cycle < expected.cycles; cycle += step) {
      await own.place(program)
      await own.resetAt(cycle, how)
      expect((await own.run(first, 100_000)).interrupt).toBe(-2)
      expect((await compare(own, sample, compared)).difference).toBeUndefined()
    }
    await own.close()
  })
})

function wordBytes(word: bigint): Uint8Array {
  return Uint8Array.from({ length: instructionBytes }, (_, byte) => Number((word >> BigInt(8 * byte)) & 255n))
}
