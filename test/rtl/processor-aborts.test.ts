// A run that ends while transfers are on the bus to DRAM: AXI's rules are kept (rtl/bench/dram.h checks them), and the next run is unaffected.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { missingTools } from '../../host/verilator/build.ts'
import type { Disturbance } from '../../host/verilator/bench.ts'
import { Processor } from '../../host/verilator/processor.ts'
import { randomProgram } from '../../isa/arbitraries/program.ts'
import type { ProgramCase } from '../../isa/arbitraries/program.ts'
import { registers } from '../../isa/registers.ts'
import { compare } from './processor-comparison.ts'
import { roomy } from './processor-machines.ts'

const isHere = process.env['CI'] === 'true' || missingTools().length === 0
const buildMs = 300_000
/** Programs that send maps by STORE, and logits by STOREL, whose beats are partial. */
const samples = [randomProgram(roomy, 1_000_015, 3), randomProgram(roomy, 1_000_024, 3)]
const [long] = samples as [ProgramCase, ProgramCase]
const limitCycles = 100_000
const okay = 0
const slaveError = 2

describe.skipIf(!isHere)('in Verilator, while a beat of write data is offered on the bus', () => {
  let processor: Processor
  beforeAll(async () => {
    processor = await Processor.open(roomy)
  }, buildMs)
  afterAll(() => processor?.close())

  const resets = samples.flatMap((sample) => (['soft', 'alone'] as const).map((how) => ({ how, sample, name: sample.program.name }))) // prettier-ignore
  test.each(resets)('a reset ($how) does not change it, for any beat: $name', async ({ how, sample }) => {
    expect((await compare(processor, sample)).difference).toBeUndefined()
    let beat = how === 'soft' ? 0 : 1
    for (; ; beat += 2) {
      const offeredCycles = 1 + (beat % 4)
      await processor.place(sample.program)
      await processor.stall(beat, offeredCycles + (beat % 7))
      await processor.resetStalled(offeredCycles, how)
      const { interrupt } = await processor.run(sample.program.entry.infer, limitCycles)
      // no such beat: the run ended
      if (interrupt >= 0) break
      expect(interrupt).toBe(-2)
      expect((await compare(processor, sample)).difference).toBeUndefined()
    }
    expect(beat).toBeGreaterThan(10)
  })

  test.each(samples)('the watchdog ends the run at once, and the processor stays busy until it is taken: $program.name', async (sample) => {
    const watchdogCycles = 150
    await processor.reset(watchdogCycles)
    expect((await compare(processor, sample)).difference).toBeUndefined()
    let beat = 0
    for (; ; beat += 5) {
      await processor.place(sample.program)
      await processor.stall(beat, 2 * watchdogCycles + (beat % 7))
      const { status } = await processor.run(sample.program.entry.infer, limitCycles)
      if (status === 'ok') break
      expect(status).toBe('watchdog')
      expect((await compare(processor, sample)).difference).toBeUndefined()
    }
    expect(beat).toBeGreaterThan(10)
    await processor.reset()
  })
})

describe.skipIf(!isHere)('in Verilator, a reset of the processor alone, while DRAM continues', () => {
  const calm: [string, Disturbance, number] = ['calm', {}, roomy.dramLatencyCycles]
  const slow: [string, Disturbance, number] = ['slow', {}, 700]
  const pausing: [string, Disturbance, number] = ['slow and pausing', { randomLatency: 9, backPressure: 10 }, 40]

  test.each([calm, slow, pausing])('in any cycle, with %s DRAM: the next run gets only its own data', { timeout: buildMs }, async (_, disturbance, latency) => {
    const processor = await Processor.open(roomy, disturbance)
    for (const sample of samples) {
      // A little less than a run takes on such DRAM, since pauses are drawn anew.
      await processor.latency(latency)
      await processor.place(sample.program)
      await processor.run(sample.program.entry.init, limitCycles)
      const { interrupt } = await processor.run(sample.program.entry.infer, limitCycles)
      expect(interrupt).toBeGreaterThan(0)
      const cycles = Math.floor(0.9 * interrupt)
      for (let cycle = 1; cycle < cycles; cycle += Math.ceil(cycles / 20)) {
        await processor.latency(latency)
        await processor.place(sample.program)
        await processor.resetAt(cycle, 'alone')
        expect((await processor.run(sample.program.entry.infer, limitCycles)).interrupt).toBe(-2)
        // With the machine's own latency, so that cycles are compared too.
        await processor.latency(roomy.dramLatencyCycles)
        const compared = disturbance.backPressure === undefined ? 'values and cycles' : 'values'
        expect((await compare(processor, sample, compared)).difference).toBeUndefined()
      }
    }
    await processor.close()
  })

  test('with outstanding reads: it is busy and refuses a start until all data has arrived', async () => {
    const processor = await Processor.open(roomy)
    const latency = 3000
    await processor.latency(latency)
    await processor.place(long.program)
    expect(await processor.poke('entry', long.program.entry.infer)).toBe(okay)
    expect(await processor.poke('control', 1)).toBe(okay)
    for (let i = 0; i < 50; i++) expect((await processor.peek('status')) & busy).toBe(busy)
    await processor.resetAlone(20)
    // Neither a start nor a register that a run uses is accepted; the first data arrives after these accesses.
    for (let i = 0; i < latency / 20; i++) {
      expect(await processor.poke(i % 2 === 0 ? 'control' : 'entry', 1)).toBe(slaveError)
      expect((await processor.peek('status')) & busy).toBe(busy)
    }
    while (((await processor.peek('status')) & busy) !== 0);
    expect(await processor.peek('entry')).toBe(0)
    await processor.latency(roomy.dramLatencyCycles)
    expect((await compare(processor, long)).difference).toBeUndefined()
    await processor.close()
  })
})

const busy = 1 << registers.status.bits.indexOf('busy')
