// Slots and takes: a bank in a beat, and a column from a bank, each packed into one number with the bank lowest.

const bankBits = 5

/** Banks for which a beat has slots, and a column takes: no cluster has more. */
export const mostBanks = 1 << bankBits

/** The slot of one bank in one beat: beat · 32 + bank. */
export const slotOf = (beat: number, bank: number): number => (beat << bankBits) | bank

/** The beat of a slot. */
export const beatOf = (slot: number): number => slot >> bankBits

/** A column taken from one bank: column · 32 + bank. */
export const takeOf = (column: number, bank: number): number => (column << bankBits) | bank

/** The column of a take; below 0 where the take is. */
export const columnOf = (take: number): number => take >> bankBits

/** The bank of a slot or of a take. */
export const bankOf = (slotOrTake: number): number => slotOrTake & (mostBanks - 1)
