// Access to elements and values whose presence the program guarantees, but the types do not.

/**
 * The element at `index`, which the caller guarantees to exist; an internal error names the index otherwise.
 *
 * Not for inner loops: one function that reads more than four kinds of arrays takes 5 to 8 times as long as `values[i]!`
 * (`npx tsx test/bench/element-access.ts`).
 */
export function elementAt<T>(list: ArrayLike<T>, index: number): T {
  const element = list[index]
  if (element === undefined) throw new Error(`internal: no element ${index} among ${list.length}`)
  return element
}

/** The value itself, which the caller guarantees to be defined: the value of a key that was put into a map, or the result of a search that must succeed. */
export function defined<T>(value: T | undefined | null): T {
  if (value === undefined || value === null) throw new Error('internal: a required value is missing')
  return value
}

/** A list of at least `Count` elements. */
export type AtLeast<T, Count extends 1 | 2 | 3 | 4 | 5 | 6> = readonly [...FirstOf<T>[Count], ...T[]]

interface FirstOf<T> {
  1: [T]
  2: [T, T]
  3: [T, T, T]
  4: [T, T, T, T]
  5: [T, T, T, T, T]
  6: [T, T, T, T, T, T]
}

/** The list, typed as one of at least `count` elements, for destructuring: `const [height, width] = elements(shape, 2)`. */
export function elements<T, Count extends 1 | 2 | 3 | 4 | 5 | 6>(list: Iterable<T>, count: Count): AtLeast<T, Count> {
  const found = Array.isArray(list) ? list : [...list]
  if (found.length < count) throw new Error(`internal: ${found.length} elements, fewer than ${count}`)
  return found as unknown as AtLeast<T, Count>
}
