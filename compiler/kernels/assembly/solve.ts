// Solutions for right-hand sides of a decomposition, eight at a time, and the elimination of columns one by one.

/**
 * Solves L·Lᵀ·x = right in place, eight right-hand sides at a time.
 *
 * @param lower [size × size], row by row
 * @param right [panels][size][8]
 */
export function solve(lower: usize, right: usize, size: i32, panels: i32): void {
  for (let panel = 0; panel < panels; panel++) solveEight(lower, right + ((<usize>panel * size) << 6), size)
}

function solveEight(lower: usize, right: usize, size: i32): void {
  const row = (<usize>size) << 3
  let x = right
  for (let i = 0; i < size; i++, x += 64) {
    let s0 = v128.load(x),
      s1 = v128.load(x, 16),
      s2 = v128.load(x, 32),
      s3 = v128.load(x, 48)
    let l = lower + <usize>i * row
    for (let y = right; y < x; y += 64, l += 8) {
      const factor = v128.load64_splat(l)
      s0 = f64x2.sub(s0, f64x2.mul(factor, v128.load(y)))
      s1 = f64x2.sub(s1, f64x2.mul(factor, v128.load(y, 16)))
      s2 = f64x2.sub(s2, f64x2.mul(factor, v128.load(y, 32)))
      s3 = f64x2.sub(s3, f64x2.mul(factor, v128.load(y, 48)))
    }
    const diagonal = v128.load64_splat(l)
    v128.store(x, f64x2.div(s0, diagonal))
    v128.store(x, f64x2.div(s1, diagonal), 16)
    v128.store(x, f64x2.div(s2, diagonal), 32)
    v128.store(x, f64x2.div(s3, diagonal), 48)
  }
  for (let i = size - 1; i >= 0; i--) {
    x -= 64
    let l = lower + <usize>i * row
    const diagonal = v128.load64_splat(l + ((<usize>i) << 3))
    const v0 = f64x2.div(v128.load(x), diagonal),
      v1 = f64x2.div(v128.load(x, 16), diagonal)
    const v2 = f64x2.div(v128.load(x, 32), diagonal),
      v3 = f64x2.div(v128.load(x, 48), diagonal)
    v128.store(x, v0)
    v128.store(x, v1, 16)
    v128.store(x, v2, 32)
    v128.store(x, v3, 48)
    for (let y = right; y < x; y += 64, l += 8) {
      const factor = v128.load64_splat(l)
      v128.store(y, f64x2.sub(v128.load(y), f64x2.mul(factor, v0)))
      v128.store(y, f64x2.sub(v128.load(y, 16), f64x2.mul(factor, v1)), 16)
      v128.store(y, f64x2.sub(v128.load(y, 32), f64x2.mul(factor, v2)), 32)
      v128.store(y, f64x2.sub(v128.load(y, 48), f64x2.mul(factor, v3)), 48)
    }
  }
}

/**
 * sums[j] += row[j]·factors for j < count, eight values each.
 *
 * @param sums [count][8]
 */
export function addOuter(sums: usize, row: usize, factors: usize, count: i32): void {
  const f0 = v128.load(factors),
    f1 = v128.load(factors, 16),
    f2 = v128.load(factors, 32),
    f3 = v128.load(factors, 48)
  for (const end = row + ((<usize>count) << 3); row < end; row += 8, sums += 64) {
    const value = v128.load64_splat(row)
    v128.store(sums, f64x2.add(v128.load(sums), f64x2.mul(value, f0)))
    v128.store(sums, f64x2.add(v128.load(sums, 16), f64x2.mul(value, f1)), 16)
    v128.store(sums, f64x2.add(v128.load(sums, 32), f64x2.mul(value, f2)), 32)
    v128.store(sums, f64x2.add(v128.load(sums, 48), f64x2.mul(value, f3)), 48)
  }
}
