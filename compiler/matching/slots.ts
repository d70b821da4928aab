// Slots and takes: a bank in a beat, and a column from a bank, each packed into one number with the bank lowest.

// The innermost loops of `matching` and `search` shift and mask for themselves: there calls cost a short compilation 3 to 5 % (README.md). A test holds `matching` to
// these functions. Numbers rather than names for the same reason: bundled, a name is a variable to V8.

/** Banks for which a beat has slots, and a column takes: no cluster has more. */
export const mostBanks = 32

/** The slot of one bank in one beat: beat · 32 + bank. */
export const slotOf = (beat: number, bank: number): number => (beat << 5) | bank

/** The beat of a slot. */
export const beatOf = (slot: number): number => slot >> 5

/** A column taken from one bank: column · 32 + bank. */
export const assignmentOf = (column: number, bank: number): number => (column << 5) | bank

/** The column of a take; below 0 where the take is. */
export const columnOf = (assignment: number): number => assignment >> 5

/** The bank of a slot or of a take. */
export const bankOf = (slotOrAssignment: number): number => slotOrAssignment & 31
