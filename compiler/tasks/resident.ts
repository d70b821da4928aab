// Which streamed weights stay in the weight memory after all: those for which the bus takes longer than computing does.

/** A row group as far as its weights matter. */
export interface WeightGroup {
  readonly beats: number
  /** at which its beats are read again */
  readonly positions: number
}

/** Parts of the weight memory in which the share of what stays is counted at first. */
const parts = 12

/** Of the row groups that are alike every so many-th stays. */
const steps = [1, 2, 3, 4]

/** Row groups that are tried one by one at last. */
const mostTried = 96

/**
 * The choice that costs least of some: none; and, for shares of the memory, the row groups that are read at the fewest positions, of those that are
 * alike the last ones, since the first are loaded while earlier layers compute, either all of them or every second, third or fourth, so that passes
 * run while weights arrive. Then single row groups change sides where that helps.
 * Where all would have room, streaming was asked for, and none stays.
 * @param cost of a choice [row groups], such as the cycles of a run
 * @returns [row groups] whether each stays
 */
export function chooseResident(
  groups: readonly WeightGroup[],
  weightBeats: number,
  cost: (stays: readonly boolean[]) => number,
): boolean[] {
  let best = groups.map(() => false)
  if (groups.reduce((sum, { beats }) => sum + beats, 0) <= weightBeats) return best
  let least = cost(best)
  const attempt = (stays: boolean[]): void => {
    if (!hasRing(groups, stays, weightBeats)) return
    const found = cost(stays)
    if (found < least) [best, least] = [stays, found]
  }
  for (const step of steps)
    for (let part = 1; part < parts; part++)
      attempt(firstOf(groups, wanted(groups, step), Math.floor((weightBeats * part) / parts)))
  for (const group of wanted(groups, 1).slice(0, mostTried))
    attempt(best.map((stays, each) => (each === group ? !stays : stays)))
  return best
}

/**
 * Of all choices the one with the fewest loads a run, or one with fewer than any: what no run of streamed weights falls below.
 * @param beats that each row group has at least
 * @param haveRoom whether all of them are known to fit: then none stays; otherwise one does not at least
 * @returns [row groups] whether each stays
 */
export function mostResident(beats: readonly number[], weightBeats: number, haveRoom: boolean): boolean[] {
  const stays = beats.map(() => false)
  if (haveRoom) return stays
  let left = weightBeats
  for (const group of [...beats.keys()].toSorted((a, b) => beats[a]! - beats[b]!).slice(0, -1)) {
    left -= beats[group]!
    if (left < 0) break
    stays[group] = true
  }
  return stays
}

/** The row groups in the order in which they should stay. */
function wanted(groups: readonly WeightGroup[], step: number): number[] {
  const rank = (group: number): number => ((groups.length - 1 - group) % step === 0 ? 0 : groups.length) - group
  return [...groups.keys()].toSorted((a, b) => groups[a]!.positions - groups[b]!.positions || rank(a) - rank(b))
}

/** As many of the row groups as have room. */
function firstOf(groups: readonly WeightGroup[], order: readonly number[], room: number): boolean[] {
  const stays = groups.map(() => false)
  let left = room
  for (const group of order) {
    left -= groups[group]!.beats
    if (left < 0) break
    stays[group] = true
  }
  return stays
}

/** Whether what is left of the memory holds the row group that is read and the one that arrives. */
function hasRing(groups: readonly WeightGroup[], stays: readonly boolean[], weightBeats: number): boolean {
  let [taken, largest] = [0, 0]
  groups.forEach(({ beats }, group) => {
    if (stays[group]!) taken += beats
    else largest = Math.max(largest, beats)
  })
  return weightBeats - taken >= 2 * largest
}
