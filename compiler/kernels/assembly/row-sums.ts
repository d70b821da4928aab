// The sums that rows add up in beats, compared with their weights.

/**
 * Adds a row's assignments in the beats of all clusters to the sums of its columns, and to the bounds of its cells.
 *
 * @param values, selects int8 and uint8 [count × rows]
 * @param ids uint8 [count × banks]
 * @param pages int32: for each beat, the index in `found` of the first bank of its page
 * @param weights doubles: the weight of a 1 in each beat
 * @param cells int32: a cluster's part for each beat
 * @param found int32: the columns of a page [banks × 256], −1 where there is none
 * @param signed uint8 [columns]
 * @param used int32 [count]: banks from which any row takes an operand; those of this row are added
 * @param sums doubles [columns]
 * @param touched int32: gets the columns whose sums change
 * @param most, least doubles [cells × rows]
 * @returns how many columns are in `touched`; −1 if a value has no column, or a row without a value selects a bank other than 0
 */
export function addAssignments(
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
  let assigned = 0
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
    store<i32>(touched + ((<usize>assigned) << 2), column)
    assigned++
  }
  return assigned
}

/**
 * Subtracts entries of sparse rows from the sums of their columns, plane by plane.
 *
 * @param columns, values int32 [count]
 * @param numbers int32: the first plane's column, by the entry's
 * @param same int32: the column that represents another at the same location
 * @param touched int32: gets the columns whose sums change, one for each entry and plane
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
