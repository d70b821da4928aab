// The inner loops of the compiler in AssemblyScript, a file for each module of the folder above. Every sum adds up in the order in which a plain loop
// would, so that results are the same to the bit. Addresses are in bytes.

export { addProduct } from './product'
export { addOuter, solve } from './solve'
export { addTaps } from './taps'
export { changeClusters, changeOfCost } from './swaps'
export { addAssignments, areZero, subtractEntries } from './row-sums'
export { chooseReads, shareReads } from './reads'
export { nonZeroBytes } from './non-zero'
