// The inner loops of the quantiser's linear algebra and of the channels' orders in AssemblyScript, two doubles at a time. Every sum adds up in the order in which a plain
// loop would, so that results are the same to the bit. Addresses are in bytes.

/**
 * c += a·b, each element taking its products in the order of the depth.
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

/** Sums stay in the cache while all taps are added to them. */
const block: usize = 8192

/**
 * sums[p] += Σ value[t] · planes[offset[t] + p] for p < count, eight taps at a time.
 *
 * @param count a multiple of 2
 * @param offset [taps] of 32 bits, in doubles
 * @param value [taps] doubles
 */
export function addTaps(sums: usize, count: i32, planes: usize, offset: usize, value: usize, taps: i32): void {
  const end = sums + ((<usize>count) << 3)
  for (let start = sums; start < end; start += block) {
    const stop = min(end, start + block)
    const from = planes + (start - sums)
    let t = 0
    for (; t + 8 <= taps; t += 8) eightTaps(start, stop, from, offset + ((<usize>t) << 2), value + ((<usize>t) << 3))
    for (; t < taps; t++) {
      let plane = place(from, offset, t)
      const v = v128.load64_splat(value + ((<usize>t) << 3))
      for (let s = start; s < stop; s += 16, plane += 16)
        v128.store(s, f64x2.add(v128.load(s), f64x2.mul(v, v128.load(plane))))
    }
  }
}

function place(from: usize, offset: usize, t: usize): usize {
  return from + ((<usize>load<i32>(offset + (t << 2))) << 3)
}

function eightTaps(start: usize, stop: usize, from: usize, o: usize, v: usize): void {
  const a = place(from, o, 0),
    b = place(from, o, 1),
    c = place(from, o, 2),
    d = place(from, o, 3)
  const e = place(from, o, 4),
    f = place(from, o, 5),
    g = place(from, o, 6),
    h = place(from, o, 7)
  const va = v128.load64_splat(v),
    vb = v128.load64_splat(v, 8),
    vc = v128.load64_splat(v, 16),
    vd = v128.load64_splat(v, 24)
  const ve = v128.load64_splat(v, 32),
    vf = v128.load64_splat(v, 40),
    vg = v128.load64_splat(v, 48),
    vh = v128.load64_splat(v, 56)
  for (let p: usize = 0; p < stop - start; p += 16) {
    let sum = f64x2.add(f64x2.mul(va, v128.load(a + p)), f64x2.mul(vb, v128.load(b + p)))
    sum = f64x2.add(sum, f64x2.mul(vc, v128.load(c + p)))
    sum = f64x2.add(sum, f64x2.mul(vd, v128.load(d + p)))
    sum = f64x2.add(sum, f64x2.mul(ve, v128.load(e + p)))
    sum = f64x2.add(sum, f64x2.mul(vf, v128.load(f + p)))
    sum = f64x2.add(sum, f64x2.mul(vg, v128.load(g + p)))
    sum = f64x2.add(sum, f64x2.mul(vh, v128.load(h + p)))
    v128.store(start + p, f64x2.add(v128.load(start + p), sum))
  }
}

/**
 * By how much costs grow where two channels change clusters: Σ from[row]·growth[b − a] + to[row]·growth[a − b]; even and odd rows are added
 * up apart.
 *
 * @param a, b int32 counts of the channels
 * @param from, to doubles: what each row costs in the clusters
 * @param growth doubles, the address of that of 0
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
 * Lets two channels change clusters: excesses by what is moved, and the costs of the new ones.
 *
 * @param fromExcess, toExcess int32
 * @param table doubles, the address of excess 0; held at ±half
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
