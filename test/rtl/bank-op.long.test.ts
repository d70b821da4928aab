// As bank-op.test.ts, on the narrowest grids: these builds take too long for the everyday tests.
import { machines } from '../../isa/model/machine.ts'
import { testBankOps } from './bank-op-claims.ts'

const { tiny } = machines

testBankOps([
  { machine: { ...tiny, name: 'lane', gridHeight: 1, gridWidth: 1 }, programs: 40 },
  { machine: { ...tiny, name: 'line', gridHeight: 16, gridWidth: 1, clusters: 1, drainRows: 1 }, programs: 40 },
])
