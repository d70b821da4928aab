// The inner loops of the quantiser's linear algebra, of the channels' orders and of the schedules' proofs in AssemblyScript. Every sum adds up in the order in which a
// plain loop would, so that results are the same to the bit. Addresses are in bytes.

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

/**
 * Adds what a row takes in the beats of all clusters to the sums of its columns, and to the bounds of its cells.
 *
 * @param values, selects int8 and uint8 [count × rows]
 * @param ids uint8 [count × banks]
 * @param pages int32: where `found` begins for each beat's page, in columns
 * @param weights doubles: what a 1 of each beat weighs
 * @param cells int32: a cluster's part for each beat
 * @param found int32: the columns of a page [banks × 256], −1 where there is none
 * @param signed uint8 [columns]
 * @param used int32 [count]: banks from which a row takes something; those of this row are added
 * @param sums doubles [columns]
 * @param touched int32: gets the columns
 * @param most, least doubles [cells × rows]
 * @returns how many columns were touched; −1 where a value has no column, or where a row names a bank for nothing
 */
export function addTakes(
  values: usize,
  selects: usize,
  ids: usize,
  pages: usize,
  weights: usize,
  cells: usize,
  count: i32,
  row: i32,
  rows: i32,
  banks: i32,
  found: usize,
  signed: usize,
  used: usize,
  sums: usize,
  touched: usize,
  most: usize,
  least: usize,
): i32 {
  let takes = 0
  for (let at = 0, entry = <usize>row; at < count; at++, entry += rows) {
    const value = <i32>load<i8>(values + entry),
      bank = <i32>load<u8>(selects + entry)
    if (value == 0) {
      if (bank != 0) return -1
      continue
    }
    if (bank >= banks) return -1
    const place = (<usize>at) << 2,
      id = <i32>load<u8>(ids + at * banks + bank),
      column = load<i32>(found + ((<usize>(load<i32>(pages + place) + (bank << 8) + id)) << 2))
    if (column < 0) return -1
    store<i32>(used + place, load<i32>(used + place) | (1 << bank))
    const product = <f64>value * load<f64>(weights + (place << 1)),
      sum = sums + ((<usize>column) << 3),
      cell = (<usize>(load<i32>(cells + place) * rows + row)) << 3,
      isSigned = load<u8>(signed + column) != 0,
      high = product * (isSigned ? 7 : 15),
      low = isSigned ? product * -8 : 0
    store<f64>(sum, load<f64>(sum) + product)
    store<f64>(most + cell, load<f64>(most + cell) + max(high, low))
    store<f64>(least + cell, load<f64>(least + cell) + min(high, low))
    store<i32>(touched + ((<usize>takes) << 2), column)
    takes++
  }
  return takes
}

/**
 * Takes entries of sparse rows off the sums of their columns, plane by plane.
 *
 * @param columns, values int32 [count]
 * @param numbers int32: the first plane's column, by the entry's
 * @param same int32: the column that stands for another
 * @param touched int32: gets the columns, planes for each entry
 */
export function subtractEntries(
  columns: usize,
  values: usize,
  count: i32,
  numbers: usize,
  same: usize,
  planes: i32,
  sums: usize,
  touched: usize,
): void {
  for (let entry = 0; entry < count; entry++) {
    const at = (<usize>entry) << 2,
      first = load<i32>(numbers + ((<usize>load<i32>(columns + at)) << 2))
    let weight = <f64>load<i32>(values + at)
    for (let plane = 0; plane < planes; plane++, weight *= 16, touched += 4) {
      const column = load<i32>(same + ((<usize>(first + plane)) << 2)),
        sum = sums + ((<usize>column) << 3)
      store<f64>(sum, load<f64>(sum) - weight)
      store<i32>(touched, column)
    }
  }
}

/** Whether the sums of columns are all 0. */
export function areZero(sums: usize, columns: usize, count: i32): bool {
  for (let at = 0; at < count; at++)
    if (load<f64>(sums + ((<usize>load<i32>(columns + ((<usize>at) << 2))) << 3)) != 0) return false
  return true
}

/**
 * Gives out the reads that banks have left, a read a bank and round, each to the column with the most needs for its reads.
 *
 * @param reads int32 [banks × columns] and total int32 [columns]: what columns have; more is added
 * @param left int32 [banks]
 * @param perColumn int32 [columns] needs
 * @param own int32 the columns of each bank, from `ownStart` int32 [banks + 1]
 * @param waiting doubles [columns]: what each column's next read is worth
 */
export function shareReads(
  reads: usize,
  total: usize,
  left: usize,
  perColumn: usize,
  own: usize,
  ownStart: usize,
  waiting: usize,
  banks: i32,
  columns: i32,
): void {
  let isOpen = true
  while (isOpen) {
    isOpen = false
    for (let bank = 0; bank < banks; bank++) {
      const at = (<usize>bank) << 2,
        room = load<i32>(left + at),
        start = own + ((<usize>load<i32>(ownStart + at)) << 2),
        end = own + ((<usize>load<i32>(ownStart + at, 4)) << 2)
      if (room == 0 || start == end) continue
      let best = <usize>load<i32>(start),
        most: f64 = -1
      for (let place = start; place < end; place += 4) {
        const column = <usize>load<i32>(place),
          worth = load<f64>(waiting + (column << 3))
        if (worth > most) {
          most = worth
          best = column
        }
      }
      const read = reads + ((<usize>(bank * columns) + best) << 2),
        all = load<i32>(total + (best << 2)) + 1
      store<i32>(read, load<i32>(read) + 1)
      store<i32>(total + (best << 2), all)
      store<f64>(waiting + (best << 3), <f64>load<i32>(perColumn + (best << 2)) / (<f64>all + 0.5))
      store<i32>(left + at, room - 1)
      if (room > 1) isOpen = true
    }
  }
}

/**
 * Lets a bank choose, beat by beat, which of the next reads of its order is worth most to rows that have little to take yet.
 *
 * @param order int32 [events] columns
 * @param earliest, perColumn int32 [columns]
 * @param rowMask int32 [columns × words]
 * @param once, twice, thrice int32 [beats × words]: rows that can take so many things in a beat; those of the choices are added
 * @param pending int32 [window]
 * @param chosen int32 [beats]: gets columns, or −1
 */
export function chooseReads(
  order: usize,
  events: i32,
  beats: i32,
  earliest: usize,
  perColumn: usize,
  rowMask: usize,
  words: i32,
  once: usize,
  twice: usize,
  thrice: usize,
  pending: usize,
  window: i32,
  chosen: usize,
): void {
  let waiting = 0,
    next = 0,
    previous = -1
  const bytes = (<usize>words) << 2
  for (let beat = 0; beat < beats; beat++, once += bytes, twice += bytes, thrice += bytes, chosen += 4) {
    for (; waiting < window && next < events; waiting++, next++)
      store<i32>(pending + ((<usize>waiting) << 2), load<i32>(order + ((<usize>next) << 2)))
    let best = -1,
      most: f64 = -1e9
    for (let i = 0; i < waiting; i++) {
      const column = load<i32>(pending + ((<usize>i) << 2)),
        at = (<usize>column) << 2
      if (load<i32>(earliest + at) > beat) continue
      const mask = rowMask + <usize>column * bytes
      let halves = 0
      for (let word: usize = 0; word < bytes; word += 4) {
        const rows = load<i32>(mask + word),
          one = load<i32>(once + word),
          two = load<i32>(twice + word),
          three = load<i32>(thrice + word)
        halves += 16 * popcnt(rows & ~one) + 4 * popcnt(rows & one & ~two) + popcnt(rows & two & ~three)
      }
      const worth =
        (0.5 * <f64>halves) / <f64>load<i32>(perColumn + at) + <f64>(window - i) * 0.02 - (column == previous ? 1 : 0)
      if (worth > most) {
        most = worth
        best = i
      }
    }
    if (best < 0) {
      store<i32>(chosen, -1)
      continue
    }
    const place = pending + ((<usize>best) << 2),
      column = load<i32>(place),
      mask = rowMask + <usize>column * bytes
    waiting--
    memory.copy(place, place + 4, (<usize>(waiting - best)) << 2)
    previous = column
    store<i32>(chosen, column)
    for (let word: usize = 0; word < bytes; word += 4) {
      const rows = load<i32>(mask + word),
        one = load<i32>(once + word),
        two = load<i32>(twice + word)
      store<i32>(thrice + word, load<i32>(thrice + word) | (rows & two))
      store<i32>(twice + word, two | (rows & one))
      store<i32>(once + word, one | rows)
    }
  }
}

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
