// A few of the random graphs of `npm run prove:graphs` on the RTL; `npm run prove:graphs-rtl` takes 300 on six machines.
import { expect, test } from 'vitest'
import { missingTools } from '../../host/verilator/build.ts'
import { Processor } from '../../host/verilator/processor.ts'
import { compiledGraph, graphDifference, graphMachines } from './random-graphs.ts'

const isHere = process.env['CI'] === 'true' || missingTools().length === 0
const [machine] = graphMachines
/** Of each six graphs the one that this machine takes. */
const seeds = Array.from({ length: 10 }, (_, at) => (at + 1) * graphMachines.length)

test.skipIf(!isHere)(
  `${seeds.length} random graphs on ${machine!.name}: the simulator’s bytes and cycles, the oracle’s codes`,
  { timeout: 300_000 },
  async () => {
    const processor = await Processor.open(machine!, { randomState: 1 })
    for (const seed of seeds) {
      const { difference } = await graphDifference(processor, compiledGraph(seed), seed)
      expect(difference).toBeUndefined()
    }
    await processor.close()
  },
)
