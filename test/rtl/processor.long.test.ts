// As processor.test.ts, on one machine more: the third build is too long for every day.
import { testProcessor } from './processor-claims.ts'
import { wide } from './processor-machines.ts'

testProcessor(wide)
