// Slots and assignments, packed into one number with the bank in the low bits: a bank in a beat, and a column from a bank.

// The innermost loops of `matching` and `repair` shift and mask themselves, since calls cost a short compilation 3 to 5 % there (README.md). A test proves that `matching`
// packs as these functions do. They use numbers instead of named constants for the same reason: in the bundle, V8 treats a name as a variable.

/** Banks for which a beat has slots: no cluster has more. */
export const mostBanks = 32

/** The slot of one bank in one beat: beat · 32 + bank. */
export const slotOf = (beat: number, bank: number): number => (beat << 5) | bank

/** The beat of a slot. */
export const beatOf = (slot: number): number => slot >> 5

/** An assignment of a column from one bank: column · 32 + bank. */
export const assignmentOf = (column: number, bank: number): number => (column << 5) | bank

/** The column of an assignment; negative if the assignment is. */
export const columnOf = (assignment: number): number => assignment >> 5

/** The bank of a slot or of an assignment. */
export const bankOf = (slotOrAssignment: number): number => slotOrAssignment & 31
