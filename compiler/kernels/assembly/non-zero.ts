// Bytes that are not 0.

/**
 * The bytes that are not 0, one after the other, and where they were.
 *
 * @param places int32: gets the number of each
 * @param values gets the bytes; one more than there are may be written to both
 * @returns how many there are
 */
export function nonZeroBytes(bytes: usize, count: i32, places: usize, values: usize): i32 {
  let found = 0
  for (let at = 0; at < count; at++) {
    const byte = load<u8>(bytes + at)
    // Written always and counted sometimes: there is nothing to guess.
    store<i32>(places + ((<usize>found) << 2), at)
    store<u8>(values + found, byte)
    found += i32(byte != 0)
  }
  return found
}
