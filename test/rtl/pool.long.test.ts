// As pool.test.ts, on the narrowest grids: further builds are too long for every day.
import { machines } from '../../isa/model/machine.ts'
import { testBankOperations } from './pool-claims.ts'

const { tiny } = machines

testBankOperations([
  { machine: { ...tiny, name: 'lane', gridHeight: 1, gridWidth: 1 }, programs: 40 },
  { machine: { ...tiny, name: 'line', gridHeight: 16, gridWidth: 1, clusters: 1, drainRows: 1 }, programs: 40 },
])
