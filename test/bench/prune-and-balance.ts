// Prints what schedule-aware pruning keeps and how well rows and channels can be balanced: npx tsx test/bench/prune-and-balance.ts
import { assignChannels, clusterCounts, groupedBeats, groupRows } from '../../compiler/layout/balance.ts'
import { pruneScheduled } from '../../compiler/matching/prune.ts'
import { normal, random } from '../../base/random.ts'

/** Energy that schedule-aware pruning keeps, of what the largest weights of each row hold. */
function measurePruning(channels: number, density: number): string {
  const [rows, banks, columns, seed] = [64, 16, channels * 9, 1]
  const uniform = random(seed)
  const bankMask = Uint32Array.from({ length: columns }, (_, c) => 1 << (Math.floor(c / 9) % banks))
  const importance = Float32Array.from({ length: rows * columns }, () => normal(uniform) ** 2)
  const keep = Math.round(columns * density)
  const start = performance.now()
  const { kept, schedule } = pruneScheduled({ rows, banks, columns, bankMask, importance, keep, seed })
  const milliseconds = performance.now() - start
  let have = 0
  let free = 0
  for (const [row, list] of kept.entries()) {
    const own = importance.subarray(row * columns, (row + 1) * columns)
    for (const column of list) have += own[column]!
    for (const value of own.slice().sort().reverse().subarray(0, keep)) free += value
  }
  const energy = ((100 * have) / free).toFixed(3)
  return `| ${channels * 4} ch 3×3 | ${density} | ${keep} | ${schedule.beats} | ${energy} % | ${milliseconds.toFixed(1)} |`
}

/** Share of the clusters' beats in use when every schedule meets its lower bound, for rows pruned without regard to them. */
function measureBalance(size: number, density: number): string {
  const uniform = random(3)
  const counts = Int32Array.from({ length: size * size }, () => {
    let count = 0
    for (let tap = 0; tap < 9; tap++) if (uniform() < density) count++
    return count
  })
  const balance = { rows: size, channels: size, clusters: 4, rowsPerGroup: 64, counts, seed: 1 }
  const total = counts.reduce((sum, count) => sum + count, 0)
  const use = (load: Int32Array, order: Int32Array): string =>
    `${((100 * total) / (64 * 4 * groupedBeats(load, 4, 64, order))).toFixed(1)} %`
  const inOrder = Int32Array.from({ length: size }, (_, row) => row)
  const plain = clusterCounts(
    balance,
    Int32Array.from(inOrder, (channel) => channel % 4),
  )
  const start = performance.now()
  const assigned = clusterCounts(balance, assignChannels(balance))
  const milliseconds = performance.now() - start
  const shares = [use(plain, inOrder), use(plain, groupRows(plain, 4, 64)), use(assigned, groupRows(assigned, 4, 64))]
  return `| ${size} rows, ${size} ch 3×3 | ${density} | ${shares.join(' | ')} | ${milliseconds.toFixed(0)} |`
}

measurePruning(128, 0.125) // warm up
console.log('| pruned | density | keep | beats | energy kept | ms/group |')
console.log('| --- | --- | --- | --- | --- | --- |')
for (const channels of [16, 32, 64, 128])
  for (const density of [0.25, 0.2, 0.125]) console.log(measurePruning(channels, density))
console.log('\n| balance | density | as it comes | rows grouped | channels assigned too | ms |')
console.log('| --- | --- | --- | --- | --- | --- |')
for (const size of [512, 256, 128, 64]) for (const density of [0.25, 0.2]) console.log(measureBalance(size, density))
