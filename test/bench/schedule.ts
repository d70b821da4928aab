// Prints how close schedules come to their lower bound and what they cost, for the layers of ResNet-18 on `card`: npx tsx test/bench/schedule.ts
import { schedulePhase } from '../../compiler/matching/schedule-phase.ts'
import { brokenLaw } from '../../compiler/matching/problem.ts'
import type { PhaseProblem } from '../../compiler/matching/problem.ts'
import { normal, random } from '../../base/random.ts'

interface Case {
  readonly name: string
  readonly channels: number
  readonly taps: number
  readonly density: number
  readonly groups: number
  readonly rows?: number
  readonly banks?: number
  /** Spread of the log-probability of channels and taps; 0: every position alike. */
  readonly skew?: number
  /** Banks that hold each channel, 1 unless there are replicas. */
  readonly replicas?: number
}

const cases: readonly Case[] = [
  { name: '512 ch 3×3', channels: 128, taps: 9, density: 0.25, groups: 8 },
  { name: '512 ch 3×3', channels: 128, taps: 9, density: 0.2, groups: 8 },
  { name: '512 ch 3×3', channels: 128, taps: 9, density: 0.125, groups: 8 },
  { name: '256 ch 3×3', channels: 64, taps: 9, density: 0.25, groups: 16 },
  { name: '256 ch 3×3', channels: 64, taps: 9, density: 0.2, groups: 16 },
  { name: '256 ch 3×3', channels: 64, taps: 9, density: 0.125, groups: 16 },
  { name: '128 ch 3×3', channels: 32, taps: 9, density: 0.25, groups: 32 },
  { name: '128 ch 3×3', channels: 32, taps: 9, density: 0.2, groups: 32 },
  { name: '128 ch 3×3', channels: 32, taps: 9, density: 0.125, groups: 32 },
  { name: '64 ch 3×3', channels: 16, taps: 9, density: 0.25, groups: 32 },
  { name: '64 ch 3×3', channels: 16, taps: 9, density: 0.2, groups: 32 },
  { name: '64 ch 3×3', channels: 16, taps: 9, density: 0.125, groups: 32 },
  { name: '512 ch 1×1', channels: 128, taps: 1, density: 0.2, groups: 32 },
  { name: '2048 ch 1×1', channels: 512, taps: 1, density: 0.2, groups: 8 },
  { name: '512 ch 3×3 skewed', channels: 128, taps: 9, density: 0.25, groups: 8, skew: 0.6 },
  { name: '512 ch 3×3 skewed', channels: 128, taps: 9, density: 0.2, groups: 8, skew: 1 },
  { name: 'conv1, 5 replicas', channels: 37, taps: 1, density: 0.4, groups: 32, replicas: 5 },
  { name: 'conv1, 5 replicas', channels: 37, taps: 1, density: 0.5, groups: 32, replicas: 5 },
  { name: 'edge 32 ch 3×3', channels: 16, taps: 9, density: 0.25, groups: 32, rows: 16, banks: 8 },
  { name: 'edge dense', channels: 16, taps: 9, density: 1, groups: 32, rows: 16, banks: 8 },
  { name: 'card, 8 banks', channels: 128, taps: 9, density: 0.25, groups: 2, banks: 8 },
]

/** Rows that need equally many columns, drawn at random. */
function randomProblem(
  { channels, taps, density, rows = 64, banks = 16, skew = 0, replicas = 1 }: Case,
  seed: number,
): PhaseProblem {
  const uniform = random(seed)
  const columns = channels * taps
  const used = Math.min(banks, channels)
  const bankMask = Uint32Array.from({ length: columns }, (_, c) => {
    let mask = 0
    for (let k = 0; k < replicas; k++) mask |= 1 << ((Math.floor(c / taps) + Math.floor((k * used) / replicas)) % used)
    return mask >>> 0
  })
  const ofChannel = Float64Array.from({ length: channels }, () => normal(uniform) * skew)
  const weight = Float64Array.from(
    { length: columns },
    (_, c) => ofChannel[Math.floor(c / taps)]! + normal(uniform) * skew,
  )
  const count = Math.round(columns * density)
  const operands = Array.from({ length: rows }, () => {
    const key = Float64Array.from({ length: columns }, (_, c) => weight[c]! - Math.log(-Math.log(uniform() + 1e-12)))
    return Int32Array.from(
      Array.from({ length: columns }, (_, c) => c)
        .sort((a, b) => key[b]! - key[a]!)
        .slice(0, count),
    )
  })
  return { rows, banks, columns, bankMask, operands, seed }
}

function measure(test: Case): void {
  let bound = 0
  let beats = 0
  let over = 0
  let milliseconds = 0
  for (let group = 0; group < test.groups; group++) {
    const problem = randomProblem(test, group + 1)
    const start = performance.now()
    const schedule = schedulePhase(problem)
    milliseconds += performance.now() - start
    const broken = brokenLaw(problem, schedule)
    if (broken !== undefined) throw new Error(broken)
    bound += schedule.lowerBound
    beats += schedule.beats
    over = Math.max(over, schedule.beats - schedule.lowerBound)
  }
  const mean = (sum: number): string => (sum / test.groups).toFixed(1)
  console.log(
    `| ${test.name} | ${test.density} | ${mean(bound)} | ${mean(beats)} | ${over} | ${((100 * bound) / beats).toFixed(1)} % | ${mean(milliseconds)} |`,
  )
}

console.log(
  '| layer | density | bound | beats | most over | efficiency | ms/group |\n| --- | --- | --- | --- | --- | --- | --- |',
)
const only = process.argv[2]
for (let seed = 0; seed < 3; seed++) schedulePhase(randomProblem(cases[2]!, seed)) // warm up
for (const test of cases) if (only === undefined || `${test.name} ${test.density}`.includes(only)) measure(test)
