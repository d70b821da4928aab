// Column keys: the number of a column in the slot table, from page and id as in a beat, or from slot entry and tap as in the tables.
import { columnIdBits, flagFields } from './formats.ts'

/** Pages of a slot table that a beat's flags can name. */
export const pageCount = 2 ** flagFields.page.bits

/** Ids of a page. */
export const idsPerPage = 2 ** columnIdBits

/** Column keys of a slot table. */
export const columnKeys = pageCount * idsPerPage

/** A page and an id of it as one number: their bits one above the other, which are the slot entry's and the tap's too. */
export const columnKey = (page: number, id: number): number => (page << columnIdBits) | id

/** The page of a column key. */
export const pageOfKey = (key: number): number => key >> columnIdBits

/** The id of a column key within its page. */
export const idOfKey = (key: number): number => key & (idsPerPage - 1)

/** The key under which a tap of a slot entry is read. @param tapBits low bits that name the tap, as in the layer's LOADT */
export const keyOfTap = (entry: number, tap: number, tapBits: number): number => (entry << tapBits) | tap

/** The slot entry of a column key. */
export const entryOfKey = (key: number, tapBits: number): number => key >> tapBits

/** The tap of a column key. */
export const tapOfKey = (key: number, tapBits: number): number => key & ((1 << tapBits) - 1)
