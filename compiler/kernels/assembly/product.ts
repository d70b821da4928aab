// Products of matrices, four rows by four columns at a time.

/**
 * c += a·b. Each element adds its products in the order of the depth.
 *
 * @param c rows of `pitch` bytes
 * @param a panels of four rows: [rows / 4][depth][4]
 * @param b panels of four columns: [columns / 4][depth][4]
 * @param upper 1: only columns from the row's own panel on
 */
export function addProduct(
  c: usize,
  pitch: usize,
  a: usize,
  b: usize,
  rows: i32,
  columns: i32,
  depth: i32,
  upper: i32,
): void {
  const panel = (<usize>depth) << 5
  for (let j = 0; j < columns; j += 4) {
    const last = upper ? min(rows, j + 4) : rows
    for (let i = 0; i < last; i += 4)
      addQuad(
        c + <usize>i * pitch + ((<usize>j) << 3),
        pitch,
        a + <usize>(i >> 2) * panel,
        b + <usize>(j >> 2) * panel,
        depth,
      )
  }
}

/** Four rows by four columns. */
function addQuad(c: usize, pitch: usize, a: usize, b: usize, depth: i32): void {
  const c1 = c + pitch,
    c2 = c1 + pitch,
    c3 = c2 + pitch
  let s00 = v128.load(c),
    s01 = v128.load(c, 16)
  let s10 = v128.load(c1),
    s11 = v128.load(c1, 16)
  let s20 = v128.load(c2),
    s21 = v128.load(c2, 16)
  let s30 = v128.load(c3),
    s31 = v128.load(c3, 16)
  for (const end = a + ((<usize>depth) << 5); a < end; a += 32, b += 32) {
    const b0 = v128.load(b),
      b1 = v128.load(b, 16)
    const a0 = v128.load64_splat(a)
    s00 = f64x2.add(s00, f64x2.mul(a0, b0))
    s01 = f64x2.add(s01, f64x2.mul(a0, b1))
    const a1 = v128.load64_splat(a, 8)
    s10 = f64x2.add(s10, f64x2.mul(a1, b0))
    s11 = f64x2.add(s11, f64x2.mul(a1, b1))
    const a2 = v128.load64_splat(a, 16)
    s20 = f64x2.add(s20, f64x2.mul(a2, b0))
    s21 = f64x2.add(s21, f64x2.mul(a2, b1))
    const a3 = v128.load64_splat(a, 24)
    s30 = f64x2.add(s30, f64x2.mul(a3, b0))
    s31 = f64x2.add(s31, f64x2.mul(a3, b1))
  }
  v128.store(c, s00)
  v128.store(c, s01, 16)
  v128.store(c1, s10)
  v128.store(c1, s11, 16)
  v128.store(c2, s20)
  v128.store(c2, s21, 16)
  v128.store(c3, s30)
  v128.store(c3, s31, 16)
}
