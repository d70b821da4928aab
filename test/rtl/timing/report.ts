// What the timing of a machine's modules comes to: for each module the longest path between registers, and whether it is within the clock's period.

import { type Delay, endOfPath, type ModuleTiming, type Step } from './paths.ts'

/** A module of a machine; several sizes of one module are one row, the slowest. */
export interface DepthRow {
  readonly module: string
  readonly instances: number
  readonly ns: number
  readonly luts: number
  readonly carryBits: number
  readonly endpoints: number
  readonly deepEndpoints: number
  readonly fanOut: number
  readonly fanOutNet: string
}

/** The rows of a machine, slowest first. */
export function depthRows(
  modules: Iterable<{ readonly module: string; readonly instances: number; readonly timing: ModuleTiming }>,
): DepthRow[] {
  const rows = new Map<string, DepthRow>()
  for (const { module, instances, timing } of modules) {
    const { worst, endpoints, deepEndpoints, fanOut } = timing
    const known = rows.get(module)
    const slowest = known === undefined || worst.ns > known.ns
    const most = known === undefined || fanOut.loads > known.fanOut
    rows.set(module, {
      module,
      instances: instances + (known?.instances ?? 0),
      ns: slowest ? round(worst.ns) : known.ns,
      luts: slowest ? worst.luts : known.luts,
      carryBits: slowest ? worst.carryBits : known.carryBits,
      endpoints: instances * endpoints + (known?.endpoints ?? 0),
      deepEndpoints: instances * deepEndpoints + (known?.deepEndpoints ?? 0),
      fanOut: most ? fanOut.loads : known.fanOut,
      fanOutNet: most ? fanOut.net : known.fanOutNet,
    })
  }
  return [...rows.values()].sort((a, b) => b.ns - a.ns || a.module.localeCompare(b.module))
}

const round = (ns: number): number => Math.round(1000 * ns) / 1000

/** The steps of a path, a line each, indented by the levels of the design. */
export function pathLines({ way }: Delay): string[] {
  const lines: string[] = []
  const walk = (last: Step | undefined, level: number, isForward: boolean): void => {
    const steps: Step[] = []
    for (let step = last; step !== undefined; step = step.before) steps.push(step)
    for (const step of isForward ? steps : steps.reverse()) {
      if (step.what !== endOfPath) lines.push(`${'  '.repeat(level)}${step.what}`)
      if (step.within !== undefined) walk(step.within, level + (step.what === endOfPath ? 0 : 1), isForward || step.what === endOfPath)
    }
  }
  walk(way, 0, false)
  return lines
}
