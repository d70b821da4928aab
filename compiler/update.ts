// Reads the schedules of an older program, so that an update can reuse them: the beats of its row groups, by layer.

import { beatBytes } from '../isa/model/sizes.ts'
import { DlpError } from '../base/error.ts'
import { addressUnitBytes } from '../isa/instructions.ts'
import type { Machine } from '../isa/model/machine.ts'
import type { Program } from '../isa/program.ts'
import { unpackBeats } from '../isa/weights/beats.ts'
import { OldGroup } from './matching/reuse.ts'

/** The row groups of each layer, in order. */
export type OldGroups = ReadonlyMap<string, readonly OldGroup[]>

/**
 * Reads the beats of a program's row groups.
 *
 * @throws DlpError if it was compiled for another machine
 */
export function oldGroups(program: Program, machine: Machine): OldGroups {
  if (JSON.stringify(program.machine) !== JSON.stringify(machine))
    throw new DlpError({
      where: `program '${program.name}'`,
      what: `it was compiled for the machine '${program.machine.name}'`,
      allowed: `a program for the machine of this compilation, '${machine.name}'`,
      help: 'compile without --update once',
    })
  const size = beatBytes(machine)
  const groups: OldGroup[] = []
  for (const each of program.instructions) {
    if (each.op !== 'LOADW' || each.beats === 0) continue
    const first = each.address * addressUnitBytes
    const bytes = program.constants.subarray(first, first + each.beats * size)
    groups.push(new OldGroup(unpackBeats(bytes, each.beats, machine, program.name), machine))
  }
  const found = new Map<string, readonly OldGroup[]>()
  for (const { name, kind, first, end } of program.layers) {
    if (kind !== 'linear' && kind !== 'logits') continue
    const own = new Set<number>()
    for (let at = first; at < end; at++) {
      const each = program.instructions[at]
      if (each?.op === 'COMPUTE') own.add(each.group)
    }
    found.set(
      name,
      [...own].sort((a, b) => a - b).flatMap((group) => groups[group] ?? []),
    )
  }
  return found
}
