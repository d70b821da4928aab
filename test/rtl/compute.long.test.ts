// As compute.test.ts, on one machine more and with no pair on a DSP: further builds are too long for every day.
import { machines } from '../../isa/model/machine.ts'
import type { Machine } from '../../isa/model/machine.ts'
import { odd } from './compare.ts'
import { testCompute } from './compute-claims.ts'

/** Accumulators that wrap; three clusters; three rows drain a cycle. */
const narrow: Machine = {
  ...machines.tiny,
  name: 'narrow',
  gridHeight: 1,
  gridWidth: 2,
  clusters: 3,
  rows: 12,
  drainRows: 3,
  accumulatorBits: 16,
}

testCompute([
  { machine: odd, programs: 10, options: ['-GUnpackedPairs=2'] },
  { machine: narrow, programs: 30, options: [] },
])
