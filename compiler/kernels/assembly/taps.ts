// Contiguous ranges of planes are added to sums, tap by tap.

/** Bytes of sums that stay in the cache while all taps are added to them. */
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
