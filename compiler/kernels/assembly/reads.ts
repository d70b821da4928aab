// The columns that banks read, and the beats.

/**
 * Distributes the remaining reads of the banks, one a bank and round, each to the column with the most operands for its reads.
 *
 * @param reads int32 [banks × columns] and total int32 [columns]: reads so far; the new ones are added
 * @param left int32 [banks]
 * @param perColumn int32 [columns] operands
 * @param own int32 the columns of each bank, from `ownStart` int32 [banks + 1]
 * @param waiting doubles [columns]: the worth of each column's next read
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
 * Chooses the reads of a bank, beat by beat: of the next reads in its order, the one of most worth to rows that can use few reads of the beat so far.
 *
 * @param order int32 [events] columns
 * @param earliest, perColumn int32 [columns]
 * @param rowMask int32 [columns × words]
 * @param once, twice, thrice int32 [beats × words]: rows that can use at least so many reads of a beat; the choices are added
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
