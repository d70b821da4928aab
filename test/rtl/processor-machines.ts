// The small machines on which the whole processor is compared with the simulator.
import { machines } from '../../isa/model/machine.ts'
import type { Machine } from '../../isa/model/machine.ts'

/** `tiny` with memories large enough for every random graph. */
export const roomy: Machine = { ...machines.tiny, name: 'roomy', featureWords: 4096, weightBeats: 4096 }

/** 3×1 lanes, 6 banks, 12 rows, one row drains a cycle, a bus of 16 bytes, four outstanding bursts: few powers of two. */
export const odd: Machine = {
  ...machines.tiny,
  name: 'odd',
  gridHeight: 3,
  gridWidth: 1,
  clusters: 1,
  banks: 6,
  rows: 12,
  drainRows: 1,
  featureWords: 3000,
  weightBeats: 3000,
  parameterGroups: 100,
  accumulatorBits: 22,
  packedPairs: true,
  axiBits: 128,
  dramLatencyCycles: 5,
  outstandingBursts: 4,
  queueDepth: 3,
}

/** Three clusters, three rows drain a cycle, a wide bus of few bursts, queues of one. */
export const wide: Machine = {
  ...machines.tiny,
  name: 'wide',
  gridHeight: 1,
  gridWidth: 2,
  clusters: 3,
  rows: 12,
  drainRows: 3,
  featureWords: 2048,
  weightBeats: 2048,
  axiBits: 512,
  dramLatencyCycles: 23,
  outstandingBursts: 2,
  queueDepth: 1,
}

/** A serial post with two lanes, two rows a drain and two slots a row group; otherwise as wide as the ISA. */
export const slow: Machine = {
  ...machines.tiny,
  name: 'slow',
  gridHeight: 2,
  gridWidth: 1,
  clusters: 1,
  banks: 8,
  rows: 16,
  drainRows: 2,
  featureWords: 1000,
  weightBeats: 2048,
  axiBits: 128,
  limits: { geometries: 1, bankSide: false, laneSums: false, postInterval: 41 },
}
