// A serial post on a machine of more lanes, rows and slots than hx8k's, which hx8k.test.ts runs every day.
import { describe, expect, test } from 'vitest'
import { missingTools } from '../../host/verilator/build.ts'
import { Processor } from '../../host/verilator/processor.ts'
import { randomProgram } from '../../isa/arbitraries/program.ts'
import { compare } from './processor-comparison.ts'
import { slow } from './processor-machines.ts'

const seedBase = Number(process.env['DLP_SEED'] ?? 1) * 1_000_000
const isHere = process.env['CI'] === 'true' || missingTools().length === 0

describe.skipIf(!isHere)('a serial post with several lanes, rows and slots in Verilator', () => {
  test('100 random programs: the simulator’s bytes and cycles', { timeout: 600_000 }, async () => {
    const processor = await Processor.open(slow, { randomState: seedBase })
    for (let seed = seedBase; seed < seedBase + 100; seed++)
      expect((await compare(processor, randomProgram(slow, seed, 1 + (seed % 5)))).difference).toBeUndefined()
    await processor.close()
  })
})
