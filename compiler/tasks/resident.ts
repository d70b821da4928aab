// Which row groups' weights stay resident although weights are streamed: those whose transfer takes longer than their computation.

/** What the choice depends on of a row group. */
export interface WeightGroup {
  readonly beats: number
  /** positions at which its beats are read */
  readonly positions: number
}

/** The resident share of the weight memory is tried in steps of one of so many parts. */
const shareSteps = 12

/** Of row groups with as many positions, every first, second, third or fourth is resident. */
const strides = [1, 2, 3, 4]

/** The most row groups that are tried one by one in the end. */
const mostTried = 96

/**
 * The resident row groups, chosen as the cheapest of some candidates. A candidate fills a share of the memory with the row groups that are read at
 * the fewest positions. Of row groups with as many positions the last come first, since the weights of the first are loaded while earlier layers
 * compute; either all of them, or every second, third or fourth, so that others compute while weights arrive. Then single row groups are added or
 * removed if that costs less.
 * If all row groups fit, the user has requested streaming, and none is resident.
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
  for (const stride of strides)
    for (let share = 1; share < shareSteps; share++)
      attempt(firstOf(groups, byPreference(groups, stride), Math.floor((weightBeats * share) / shareSteps)))
  for (const group of byPreference(groups, 1).slice(0, mostTried))
    attempt(best.map((stays, each) => (each === group ? !stays : stays)))
  return best
}

/**
 * A lower bound on the loads of a run with streamed weights: at least as many row groups are resident here as in any possible choice.
 * @param beats lower bound of each row group's beats
 * @param haveRoom whether all of them are known to fit: then none is resident; otherwise all but one at most
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

/** The row groups, those that gain most by being resident first. */
function byPreference(groups: readonly WeightGroup[], stride: number): number[] {
  const rank = (group: number): number => ((groups.length - 1 - group) % stride === 0 ? 0 : groups.length) - group
  return [...groups.keys()].toSorted((a, b) => groups[a]!.positions - groups[b]!.positions || rank(a) - rank(b))
}

/** The longest prefix of an order of row groups that fits. */
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

/** Whether the rest of the memory holds two streamed row groups: one that is read, and one that arrives. */
function hasRing(groups: readonly WeightGroup[], stays: readonly boolean[], weightBeats: number): boolean {
  let [taken, largest] = [0, 0]
  groups.forEach(({ beats }, group) => {
    if (stays[group]!) taken += beats
    else largest = Math.max(largest, beats)
  })
  return weightBeats - taken >= 2 * largest
}
