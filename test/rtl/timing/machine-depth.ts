// The timing of every module of a machine, from the leaves up.

import { join } from 'node:path'
import type { Progress } from '../../../compiler/progress.ts'
import type { Machine } from '../../../isa/model/machine.ts'
import { root } from '../../support/source-files.ts'
import { elaborate, mapToNetlist } from '../synthesis.ts'
import type { Netlist } from './netlist.ts'
import { type ModuleTiming, modulePaths } from './paths.ts'

export interface TimedModule {
  readonly module: string
  readonly instances: number
  readonly timing: ModuleTiming
}

/**
 * Maps all modules of a machine and follows their paths.
 *
 * @param seconds processor time that Yosys may take for a module
 * @throws Error for a module that takes longer, or a path without a register that forms a loop
 */
export async function estimateDepth(machine: Machine, seconds: number, jobs: number, progress: Progress): Promise<TimedModule[]> {
  const { kinds } = elaborate(machine.name, join(root, 'build', 'synth', machine.name))
  const netlists = new Map<string, Netlist>()
  const waiting = [...kinds]
  progress.stage(`mapping ${machine.name}`, kinds.length)
  const work = async (): Promise<void> => {
    for (let kind = waiting.shift(); kind !== undefined; kind = waiting.shift()) {
      const netlist = await mapToNetlist(kind.file, seconds)
      if (netlist === undefined) throw new Error(`${kind.name} was not mapped within ${seconds} s`)
      netlists.set(typeName(kind.name), netlist)
      progress.step()
    }
  }
  await Promise.all(Array.from({ length: jobs }, work))

  const timings = new Map<string, ModuleTiming>()
  const follow = (type: string): ModuleTiming => {
    const known = timings.get(type)
    if (known !== undefined) return known
    const netlist = netlists.get(type)
    if (netlist === undefined) throw new Error(`no netlist of ${type}`)
    for (const cell of Object.values(netlist.cells)) if (netlists.has(cell.type)) follow(cell.type)
    const timing = modulePaths(netlist, timings)
    timings.set(type, timing)
    return timing
  }
  return kinds.map(({ name, instances }) => ({
    module: /\\(dlp\w*)/.exec(name)?.[1] ?? name,
    instances,
    timing: follow(typeName(name)),
  }))
}

/** A module's name as JSON has it. */
const typeName = (name: string): string => name.replace(/^\\/, '')
