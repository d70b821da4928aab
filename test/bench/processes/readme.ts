// The README's table of measurements, between its markers.

import type { StepName } from './cases.ts'
import type { CaseResult, StepResult } from './results.ts'

export interface Peer {
  readonly who: string
  readonly figure: string
  readonly here: string
  readonly source: string
}

const begin = '<!-- npm run bench writes from here -->'
const end = '<!-- to here -->'

/** The README with its table replaced. @throws Error without the two markers */
export function withTable(readme: string, table: string): string {
  const [first, last] = [readme.indexOf(begin), readme.indexOf(end)]
  if (first < 0 || last < first) throw new Error(`the README has no lines '${begin}' and '${end}'`)
  return `${readme.slice(0, first + begin.length)}\n\n${table}\n\n${readme.slice(last)}`
}

/** All results as Markdown. */
export function tableOf(results: readonly CaseResult[], peers: readonly Peer[]): string {
  const rows = results.flatMap((result) => result.steps.map((step) => rowOf(result, step)))
  const ratios = results.flatMap(({ case: own, rtlOverSimulator: ratio }) =>
    ratio === undefined
      ? []
      : [
          `On the same program (${own.model}, \`${own.machine}\`, ${imagesText(own.images)}) the RTL in Verilator takes ${ratio.toFixed(1)} times the simulator's CPU time, start of the processes included.`,
        ],
  )
  return [
    `Whole processes of \`dlp\`, medians (${whenText(results)}):`,
    markdown(
      ['model, machine, density', 'step', 'wall', 'CPU', 'peak memory', 'cycles of a run', 'cycles/CPU-s'],
      rows,
    ),
    ...ratios,
    'Peers, as published or recorded; only what the last column says was measured:',
    markdown(
      ['who', 'figure', 'here', 'source, and what it is'],
      peers.map(({ who, figure, here, source }) => [who, figure, here, source]),
    ),
  ].join('\n\n')
}

const stepNames = {
  quantize: 'quantize',
  compile: 'compile',
  recompile: 'compile, schedules cached',
  change: 'compile, one layer changed',
  simulate: 'simulate',
  rtl: 'simulate on RTL',
} as const satisfies Record<StepName, string>

function rowOf({ case: own }: CaseResult, { name, median, cycles, cyclesPerCpuSecond }: StepResult): string[] {
  const images = own.images === 1 ? '' : `, ${imagesText(own.images)}`
  const step = stepNames[name]
  const whole = (value: number | undefined): string =>
    value === undefined ? '' : Math.round(value).toLocaleString('en-US')
  return [
    `${own.model}${own.quantised === true ? ', quantised' : ''}, \`${own.machine}\`, ${own.density}`,
    `${step}${images}`,
    `${median.wallSeconds.toFixed(1)} s`,
    `${median.cpuSeconds.toFixed(1)} s`,
    `${Math.round(median.peakMiB)} MiB`,
    whole(cycles),
    whole(cyclesPerCpuSecond),
  ]
}

const imagesText = (images: number): string => (images === 1 ? 'one image' : `${images} images`)

/** Each machine and day that the results come from. */
function whenText(results: readonly CaseResult[]): string {
  const texts = results.map(({ date, machine }) => {
    const { cpu, cores, node } = machine as { cpu: string; cores: number; node: string }
    return `${date}, ${cores} cores of ${cpu}, Node ${node}`
  })
  return [...new Set(texts)].join('; ')
}

const markdown = (headings: readonly string[], rows: readonly (readonly string[])[]): string =>
  [headings, headings.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
