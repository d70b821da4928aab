// The cost of a swap of two channels between clusters.

/**
 * The change of costs if two channels swap clusters: Σ from[row]·growth[b − a] + to[row]·growth[a − b]. Even and odd rows are added up
 * separately.
 *
 * @param a, b int32 counts of the channels
 * @param from, to doubles: the cost of each row in the clusters
 * @param growth doubles; the address is that of growth[0]
 */
export function changeOfCost(a: usize, b: usize, from: usize, to: usize, growth: usize, rows: i32): f64 {
  let even: f64 = 0,
    odd: f64 = 0
  const pairs = a + ((<usize>(rows >> 1)) << 3)
  for (; a < pairs; a += 8, b += 8, from += 16, to += 16) {
    const m0 = (load<i32>(a) - load<i32>(b)) << 3,
      m1 = (load<i32>(a, 4) - load<i32>(b, 4)) << 3
    even += load<f64>(from) * load<f64>(growth - m0) + load<f64>(to) * load<f64>(growth + m0)
    odd += load<f64>(from, 8) * load<f64>(growth - m1) + load<f64>(to, 8) * load<f64>(growth + m1)
  }
  if (rows & 1) {
    const moved = (load<i32>(a) - load<i32>(b)) << 3
    even += load<f64>(from) * load<f64>(growth - moved) + load<f64>(to) * load<f64>(growth + moved)
  }
  return even + odd
}

/**
 * Swaps two channels between clusters: updates the excesses, and the costs from the new excesses.
 *
 * @param fromExcess, toExcess int32
 * @param table doubles, the cost by excess; the address is that of excess 0, and excesses are clamped to ±half
 */
export function changeClusters(
  a: usize,
  b: usize,
  fromExcess: usize,
  toExcess: usize,
  from: usize,
  to: usize,
  table: usize,
  half: i32,
  rows: i32,
): void {
  for (let row = 0; row < rows; row++) {
    const at = (<usize>row) << 2,
      moved = load<i32>(a + at) - load<i32>(b + at)
    if (moved == 0) continue
    const here = load<i32>(fromExcess + at) - moved,
      there = load<i32>(toExcess + at) + moved
    store<i32>(fromExcess + at, here)
    store<i32>(toExcess + at, there)
    store<f64>(from + (at << 1), load<f64>(table + ((<usize>max(-half, min(half, here))) << 3)))
    store<f64>(to + (at << 1), load<f64>(table + ((<usize>max(-half, min(half, there))) << 3)))
  }
}
