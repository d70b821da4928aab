// What the simulator records of every instruction: the cycle of each of its stages.

/** Cycles of one instruction; −1 where a stage does not apply. */
export interface InstructionRecord {
  readonly index: number
  /** enters its queue */
  dispatch: number
  /** leaves its queue: waits are decremented */
  issue: number
  /** first beat (compute queue), first address (DMA), first read (STORE) */
  first: number
  /** last beat, last data beat, last read (STORE) */
  last: number
  /** ends; its signals are visible one cycle later */
  retire: number
  /** LOAD: last data beat of each word group; LOADW, LOADP: of each beat or row group; STORE: read cycle of each word group */
  steps: Int32Array | undefined
}

export const newRecord = (index: number): InstructionRecord => ({
  index,
  dispatch: -1,
  issue: -1,
  first: -1,
  last: -1,
  retire: -1,
  steps: undefined,
})
