// Load balance for networks pruned without the machine in mind: which rows share a group, and which cluster holds each input channel.
import { random } from '../../base/random.ts'
import { type CostScale, Swaps } from '../kernels/swaps.ts'

/**
 * An order of the rows in which consecutive slices of `rowsPerGroup` make good groups: by falling maximum over the clusters,
 * since a group takes as many beats as its longest (row, cluster). A short last group gets the shortest rows.
 * @param counts [rows × clusters] non-zeros of the row in the cluster
 * @returns [rows] row at each position
 */
export function groupRows(counts: Int32Array, clusters: number, rowsPerGroup: number): Int32Array {
  const rows = counts.length / clusters
  if (!Number.isInteger(rows) || rowsPerGroup < 1) throw new RangeError('groupRows: counts are not [rows × clusters]')
  const most = new Int32Array(rows)
  const sum = new Int32Array(rows)
  for (let i = 0; i < counts.length; i++) {
    const row = Math.floor(i / clusters)
    most[row] = Math.max(most[row]!, counts[i]!)
    sum[row]! += counts[i]!
  }
  return Int32Array.from({ length: rows }, (_, row) => row).sort(
    (a, b) => most[b]! - most[a]! || sum[b]! - sum[a]! || a - b,
  )
}

/** Beats of all groups if every schedule meets its lower bound: Σ over groups of the largest count over (row, cluster). */
export function groupedBeats(counts: Int32Array, clusters: number, rowsPerGroup: number, order: Int32Array): number {
  let beats = 0
  for (let first = 0; first < order.length; first += rowsPerGroup) {
    let most = 0
    for (const row of order.subarray(first, first + rowsPerGroup))
      for (let cluster = 0; cluster < clusters; cluster++) most = Math.max(most, counts[row * clusters + cluster]!)
    beats += most
  }
  return beats
}

/**
 * A lower bound of `groupedBeats` over all orders of rows and assignments of channels: a row's longest cluster has at least an even share, and at
 * least what is fixed.
 * @param counts [rows × clusters]
 * @param fixed [rows × clusters] the part of the counts that no assignment of channels moves
 */
export function groupedBeatsBound(
  counts: Int32Array,
  fixed: Int32Array,
  clusters: number,
  rowsPerGroup: number,
): number {
  const longest = new Int32Array(counts.length / clusters)
  for (let row = 0; row < longest.length; row++) {
    let sum = 0
    for (let at = row * clusters; at < (row + 1) * clusters; at++) {
      sum += counts[at]!
      longest[row] = Math.max(longest[row]!, fixed[at]!)
    }
    longest[row] = Math.max(longest[row]!, Math.ceil(sum / clusters))
  }
  // The sum of the groups' longest rows is least if rows are sorted.
  longest.sort()
  let beats = 0
  for (let last = longest.length - 1; last >= 0; last -= rowsPerGroup) beats += longest[last]!
  return beats
}

export interface ChannelBalance {
  readonly rows: number
  readonly channels: number
  readonly clusters: number
  readonly rowsPerGroup: number
  /** [rows × channels] non-zeros of the row in the channel (over taps, planes, terms); rows of all consumers of the map */
  readonly counts: Int32Array
  /** [channels] channels are swapped only within a class, the row group that writes them; absent: all are of one class */
  readonly classOf?: Int32Array
  readonly seed: number
  /** swaps tried, by default 40 per channel; each takes time proportional to the rows */
  readonly swaps?: number
}

/**
 * The cluster of each channel, such that row groups take few beats. Clusters hold equally many channels of each class (the first ones one more,
 * if they do not divide). The search swaps two channels if that lowers Σ exp(excess of a (row, cluster) over the largest mean of its group). Unlike
 * the maximum, this cost has a slope everywhere.
 */
export function assignChannels(balance: ChannelBalance): Int32Array {
  const { rows, channels, clusters, counts, classOf, seed, swaps = 40 * channels } = balance
  if (counts.length !== rows * channels) throw new RangeError('assignChannels: counts are not [rows × channels]')
  const clusterOf = roundRobin(channels, clusters, classOf)
  const load = clusterCounts(balance, clusterOf)
  const means = rowMeans(load, rows, clusters)
  const excess = excesses(load, groupTargets(means, balance.rowsPerGroup), clusters)
  const search = new Swaps(
    rows,
    transposed(counts, rows, channels),
    excess,
    costScale(deviation(load, means, clusters) / 2),
  )
  const members = classMembers(channels, classOf)
  const uniform = random(seed)
  for (let left = clusters > 1 && channels > 1 ? swaps : 0; left > 0; left--) {
    const a = Math.floor(uniform() * channels)
    const others = members[classOf?.[a] ?? 0]!
    const b = others[Math.floor(uniform() * others.length)]!
    const from = clusterOf[a]!
    const to = clusterOf[b]!
    if (from === to) continue
    if (search.change(a, b, from, to) >= 0) continue
    clusterOf[a] = to
    clusterOf[b] = from
    search.swap(a, b, from, to)
  }
  return clusterOf
}

/** [clusters × rows] the count of each row in each cluster above the row's target. */
function excesses(load: Int32Array, target: Int32Array, clusters: number): Int32Array {
  const rows = target.length
  const excess = new Int32Array(load.length)
  for (let row = 0; row < rows; row++)
    for (let cluster = 0; cluster < clusters; cluster++)
      excess[cluster * rows + row] = load[row * clusters + cluster]! - target[row]!
  return excess
}

/** [rows × clusters] non-zeros of each row in each cluster. */
export function clusterCounts({ rows, channels, clusters, counts }: ChannelBalance, clusterOf: Int32Array): Int32Array {
  const load = new Int32Array(rows * clusters)
  for (let row = 0; row < rows; row++)
    for (let channel = 0; channel < channels; channel++)
      load[row * clusters + clusterOf[channel]!]! += counts[row * channels + channel]!
  return load
}

/**
 * The channel at each storage position: groups as in `order`, and within each group a channel of cluster k at
 * positions k, k + C, …, since storage channel q lies in cluster q mod C. Needs `clusterOf` to be balanced by group.
 */
export function storageOrder(
  order: Int32Array,
  rowsPerGroup: number,
  clusterOf: Int32Array,
  clusters: number,
): Int32Array {
  const storage = new Int32Array(order.length).fill(-1)
  for (let first = 0; first < order.length; first += rowsPerGroup) {
    const end = Math.min(order.length, first + rowsPerGroup)
    const next = Int32Array.from({ length: clusters }, (_, cluster) => first + cluster)
    for (let i = first; i < end; i++) {
      const cluster = clusterOf[order[i]!]!
      const position = next[cluster]!
      if (position >= end) throw new RangeError(`storageOrder: cluster ${cluster} has too many channels of a group`)
      storage[position] = order[i]!
      next[cluster] = position + clusters
    }
  }
  return storage
}

function roundRobin(channels: number, clusters: number, classOf?: Int32Array): Int32Array {
  const next = new Map<number, number>()
  return Int32Array.from({ length: channels }, (_, channel) => {
    const own = classOf?.[channel] ?? 0
    const count = next.get(own) ?? 0
    next.set(own, count + 1)
    return count % clusters
  })
}

function classMembers(channels: number, classOf?: Int32Array): Record<number, number[]> {
  const members: Record<number, number[]> = {}
  for (let channel = 0; channel < channels; channel++) (members[classOf?.[channel] ?? 0] ??= []).push(channel)
  return members
}

function transposed(counts: Int32Array, rows: number, channels: number): Int32Array {
  const byChannel = new Int32Array(counts.length)
  for (let row = 0; row < rows; row++)
    for (let channel = 0; channel < channels; channel++)
      byChannel[channel * rows + row] = counts[row * channels + channel]!
  return byChannel
}

/** [rows] mean load of a row over the clusters: no assignment changes it. */
function rowMeans(load: Int32Array, rows: number, clusters: number): Float64Array {
  const means = new Float64Array(rows)
  for (let i = 0; i < load.length; i++) means[Math.floor(i / clusters)]! += load[i]! / clusters
  return means
}

/** [rows] the largest mean in the row's group, rows grouped by their means. */
function groupTargets(means: Float64Array, rowsPerGroup: number): Int32Array {
  const order = Int32Array.from(means.keys()).sort((a, b) => means[b]! - means[a]! || a - b)
  const target = new Int32Array(means.length)
  for (const [position, row] of order.entries())
    target[row] = Math.round(means[order[position - (position % rowsPerGroup)]!]!)
  return target
}

/** The scale of the cost, matched to the spread of the loads. */
function costScale(spread: number): CostScale {
  return { scale: Math.max(spread, 0.5), half: Math.min(4096, Math.max(8, Math.ceil(16 * spread))) }
}

/** Standard deviation of the loads from their row's mean. */
function deviation(load: Int32Array, means: Float64Array, clusters: number): number {
  let variance = 0
  for (let i = 0; i < load.length; i++) variance += (load[i]! - means[Math.floor(i / clusters)]!) ** 2
  return Math.sqrt(variance / Math.max(1, load.length))
}
