// AssemblyScript: the inner loops of COMPUTE on vectors of 128 bits. `../../accumulate.ts` and `isa/numerics.ts` define what they compute; tests compare them.

/**
 * sums[0 .. elements] += Σ coefficient · operand, modulo 2^32. Two entries at a time: a dot product of pairs of 16 bits gives a sum of 32 bits.
 * @param columns `entries` int32: the column of each entry
 * @param coefficients `entries` int32 that fit 16 bits
 * @param operands int8, a column every `elements` bytes
 * @param sums int32
 * @param elements a multiple of 16
 */
export function addProducts(
  columns: usize,
  coefficients: usize,
  entries: i32,
  operands: usize,
  sums: usize,
  elements: i32,
): void {
  let at = 0
  for (; at + 32 <= elements; at += 32)
    addToBlock<u16>(columns, coefficients, entries, operands + at, sums + 4 * at, elements)
  if (at < elements) addToBlock<u8>(columns, coefficients, entries, operands + at, sums + 4 * at, elements)
}

/** 16 sums for each byte of `Vectors`, one or two, held in registers over all entries; which of them is a compile-time constant. */
function addToBlock<Vectors>(
  columns: usize,
  coefficients: usize,
  entries: i32,
  operands: usize,
  sums: usize,
  pitch: i32,
): void {
  let s0 = v128.load(sums, 0)
  let s1 = v128.load(sums, 16)
  let s2 = v128.load(sums, 32)
  let s3 = v128.load(sums, 48)
  let s4 = s0
  let s5 = s0
  let s6 = s0
  let s7 = s0
  if (sizeof<Vectors>() === 2) {
    s4 = v128.load(sums, 64)
    s5 = v128.load(sums, 80)
    s6 = v128.load(sums, 96)
    s7 = v128.load(sums, 112)
  }
  for (let i = 0; i < entries; i += 2) {
    const pair = coefficientPair(coefficients, i, entries)
    const a = operands + load<i32>(columns + 4 * i) * pitch
    const b = i + 1 < entries ? operands + load<i32>(columns + 4 * i, 4) * pitch : a
    const a0 = v128.load(a, 0)
    const b0 = v128.load(b, 0)
    const low0 = firstPairs(a0, b0)
    const high0 = lastPairs(a0, b0)
    s0 = addFirstDots(s0, low0, pair)
    s1 = addLastDots(s1, low0, pair)
    s2 = addFirstDots(s2, high0, pair)
    s3 = addLastDots(s3, high0, pair)
    if (sizeof<Vectors>() === 2) {
      const a1 = v128.load(a, 16)
      const b1 = v128.load(b, 16)
      const low1 = firstPairs(a1, b1)
      const high1 = lastPairs(a1, b1)
      s4 = addFirstDots(s4, low1, pair)
      s5 = addLastDots(s5, low1, pair)
      s6 = addFirstDots(s6, high1, pair)
      s7 = addLastDots(s7, high1, pair)
    }
  }
  v128.store(sums, s0, 0)
  v128.store(sums, s1, 16)
  v128.store(sums, s2, 32)
  v128.store(sums, s3, 48)
  if (sizeof<Vectors>() === 2) {
    v128.store(sums, s4, 64)
    v128.store(sums, s5, 80)
    v128.store(sums, s6, 96)
    v128.store(sums, s7, 112)
  }
}

/** The first eight bytes of each, alternating. */
function firstPairs(a: v128, b: v128): v128 {
  return i8x16.shuffle(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23)
}

/** The last eight. */
function lastPairs(a: v128, b: v128): v128 {
  return i8x16.shuffle(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31)
}

/** Sums plus the first four pairs' products with the pair of coefficients in each lane. */
function addFirstDots(sums: v128, pairs: v128, coefficients: v128): v128 {
  return i32x4.add(sums, i32x4.dot_i16x8_s(i16x8.extend_low_i8x16_s(pairs), coefficients))
}

/** The last four pairs'. */
function addLastDots(sums: v128, pairs: v128, coefficients: v128): v128 {
  return i32x4.add(sums, i32x4.dot_i16x8_s(i16x8.extend_high_i8x16_s(pairs), coefficients))
}

/** Coefficients i and i + 1 in every 32-bit lane; zero after the last. */
function coefficientPair(coefficients: usize, i: i32, entries: i32): v128 {
  const low = load<i32>(coefficients + 4 * i) & 0xffff
  const high = i + 1 < entries ? load<i32>(coefficients + 4 * i, 4) << 16 : 0
  return i32x4.splat(low | high)
}

/**
 * Codes of sums, as `requantise` of isa/numerics computes them, split into nibbles: plane 0 to `codes`, plane 1 to `codes + count`.
 * @param count of sums, a multiple of 16
 * @param scale 2^−shift, and `half` the rounding term: every double on the way is exact
 * @param even 1: halves go to the even neighbour, as f64x2.nearest has them
 */
export function requantise(
  sums: usize,
  count: i32,
  bias: i32,
  multiplier: i32,
  half: f64,
  scale: f64,
  even: i32,
  zeroPoint: f64,
  low: f64,
  high: f64,
  codes: usize,
): void {
  const nibble = i16x8.splat(15)
  for (let i = 0; i < count; i += 16) {
    const first = sums + 4 * i
    const a = fourCodes(v128.load(first, 0), bias, multiplier, half, scale, even, zeroPoint, low, high)
    const b = fourCodes(v128.load(first, 16), bias, multiplier, half, scale, even, zeroPoint, low, high)
    const c = fourCodes(v128.load(first, 32), bias, multiplier, half, scale, even, zeroPoint, low, high)
    const d = fourCodes(v128.load(first, 48), bias, multiplier, half, scale, even, zeroPoint, low, high)
    const ab = i16x8.narrow_i32x4_s(a, b)
    const cd = i16x8.narrow_i32x4_s(c, d)
    v128.store(codes + i, i8x16.narrow_i16x8_u(v128.and(ab, nibble), v128.and(cd, nibble)))
    const ab1 = v128.and(i16x8.shr_s(ab, 4), nibble)
    const cd1 = v128.and(i16x8.shr_s(cd, 4), nibble)
    v128.store(codes + count + i, i8x16.narrow_i16x8_u(ab1, cd1))
  }
}

function fourCodes(
  sums: v128,
  bias: i32,
  multiplier: i32,
  half: f64,
  scale: f64,
  even: i32,
  zeroPoint: f64,
  low: f64,
  high: f64,
): v128 {
  const total = i32x4.add(sums, i32x4.splat(bias))
  const first = twoCodes(total, multiplier, half, scale, even, zeroPoint, low, high)
  const upper = i8x16.shuffle(total, total, 8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15)
  const second = twoCodes(upper, multiplier, half, scale, even, zeroPoint, low, high)
  return i8x16.shuffle(first, second, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23)
}

/** Of the two lower lanes. */
function twoCodes(
  totals: v128,
  multiplier: i32,
  half: f64,
  scale: f64,
  even: i32,
  zeroPoint: f64,
  low: f64,
  high: f64,
): v128 {
  const product = f64x2.mul(f64x2.convert_low_i32x4_s(totals), f64x2.splat(multiplier))
  const rounded =
    even !== 0
      ? f64x2.nearest(f64x2.mul(product, f64x2.splat(scale)))
      : f64x2.floor(f64x2.mul(f64x2.add(product, f64x2.splat(half)), f64x2.splat(scale)))
  const code = f64x2.add(rounded, f64x2.splat(zeroPoint))
  const least = f64x2.splat(low)
  const clamped = v128.bitselect(least, f64x2.pmin(code, f64x2.splat(high)), f64x2.lt(code, least))
  return i32x4.trunc_sat_f64x2_s_zero(clamped)
}

/** The first of `count` int32 (a multiple of 4) that overflows int32 when `bias` is added, or −1. */
export function firstOverflow(sums: usize, count: i32, bias: i32): i32 {
  const added = i32x4.splat(bias)
  for (let i = 0; i < count; i += 4) {
    const before = v128.load(sums + 4 * i)
    const after = i32x4.add(before, added)
    // Signed overflow: both summands have one sign and the sum the other.
    const left = v128.and(v128.xor(after, before), v128.xor(after, added))
    const mask = i32x4.bitmask(left)
    if (mask !== 0) return i + ctz(mask)
  }
  return -1
}
