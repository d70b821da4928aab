// The cycles of the machine as named constants and formulas; simulator, compiler, manual and RTL all read them here.

/** Read-modify-write loop of the partial sums, in cycles. */
export const psumLoopCycles = 3

// The compute path: cycles from one register to the next, in pipeline order, counted from the cycle in which the position
// sequencer presents a beat's address to the weight memory ("the beat's cycle"). rtl/README.md draws it.

/** A COMPUTE issued at t (accepted by the position sequencer) has its first beat at t + 1 at the earliest. */
export const issueToBeatCycles = 1
/** Every on-chip memory: one cycle for the array, one for its output register. */
export const memoryReadCycles = 2
/** Column id to feature memory address: slot index, slot entry, tap row and column, tap offsets, sum. */
export const columnAddressCycles = 5
/** Row shift, then column shift and fill. */
export const torusCycles = 2
/** Choice of bank, product, accumulation. */
export const processingElementCycles = 3
/** Choice of the row group that drains. */
export const drainCycles = 1
/** Adder tree over at most eight clusters. */
export const clusterSumCycles = 2
/** Addition to the partial sum; its word is written in the cycle in which the total is registered. */
export const psumCycles = 1
/** Bias, two of the multiplier, rounding, shift, zero point, clamp. */
export const postCycles = 7
/** Choice of bank and plane in front of the feature memory's write port. */
export const writeBackCycles = 1
/** Lane sum: adder tree over at most 64 lanes (3), addition to the row's sum (1). */
export const laneSumCycles = 4

/** A beat's cycle → the cycle in which its banks are read; a word written in that same cycle is read old. */
export const beatToReadCycles = memoryReadCycles + columnAddressCycles
/** The read's cycle → the cycle in which the accumulators of row group 0 hold the beat; row group k follows k cycles later. */
export const readToAccumulateCycles = memoryReadCycles + torusCycles + processingElementCycles
/** The cycle of a part's last beat → the cycle in which PSUM takes row group 0's sums; row group k follows k cycles later. */
export const beatToPsumCycles = beatToReadCycles + readToAccumulateCycles + drainCycles + clusterSumCycles + psumCycles
/** The cycle of a position's last beat → the cycle at whose end row group 0's codes are written; row group k follows k cycles later. */
export const beatToWriteCycles = beatToPsumCycles + postCycles + writeBackCycles
/** The cycle of a COMPUTE's last beat → the cycle at whose end the logits of row group 0 are written; likewise. */
export const beatToLogitsCycles = beatToPsumCycles + laneSumCycles
/** The cycle of a COMPUTE's last beat → the cycle at whose end the requantised lane sums of row group 0 are written; likewise. */
export const beatToLaneSumWriteCycles = beatToWriteCycles + laneSumCycles

/**
 * Least gap in front of the COMPUTE, POOL, MOVE or STORE that follows such a COMPUTE, whatever its own `gap` says: requantised lane
 * sums take `laneSumCycles` longer to the post stage and the write port, and must not meet the codes of the next COMPUTE there.
 */
export const gapAfter = (compute: { readonly laneSum: number; readonly logits: number }): number =>
  compute.laneSum === 1 && compute.logits === 0 ? laneSumCycles : 0
