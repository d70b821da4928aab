// As pool.test.ts, on the narrowest grids: further builds are too long for every day.
import { machines } from '../../isa/model/machine.ts'
import { testBankSide } from './pool-claims.ts'

const { tiny } = machines

testBankSide([
  { machine: { ...tiny, name: 'lane', gridHeight: 1, gridWidth: 1 }, programs: 40 },
  { machine: { ...tiny, name: 'line', gridHeight: 16, gridWidth: 1, clusters: 1, drainRows: 1 }, programs: 40 },
])
