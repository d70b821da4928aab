// The cycles of the machine as named constants and formulas; simulator, compiler, manual and RTL all read them here.

/** Read-modify-write loop of the partial sums, in cycles. */
export const psumLoopCycles = 3
