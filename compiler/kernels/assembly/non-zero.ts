// Bytes that are not 0.

/**
 * The bytes that are not 0, one after the other, with their indices.
 *
 * @param indices int32: gets the index of each
 * @param values gets the bytes; one more than there are may be written to both
 * @returns how many there are
 */
export function nonZeroBytes(bytes: usize, count: i32, indices: usize, values: usize): i32 {
  let found = 0
  for (let at = 0; at < count; at++) {
    const byte = load<u8>(bytes + at)
    // Always written, counted only if not 0: so there is no branch to predict.
    store<i32>(indices + ((<usize>found) << 2), at)
    store<u8>(values + found, byte)
    found += i32(byte != 0)
  }
  return found
}
