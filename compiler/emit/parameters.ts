// LOADP: bias, multiplier, shift and rounding of every row.
import type { LinearLayer, LogitsLayer } from '../graph/integer.ts'
import { matrixLayers, type Plan } from '../tasks/plan.ts'
import { checkCapacity, type Refusal } from '../refusal.ts'
import { type RowParameters } from '../../isa/model/formats.ts'
import { groupBytes } from '../../isa/model/sizes.ts'
import type { InstructionOf } from '../../isa/instruction.ts'
import { type Context, instruction } from './build.ts'
import { type Constants, parameterGroup } from './constants.ts'

/**
 * Adds the parameters of all row groups, in program order; refused if the parameter memory is too small.
 * @returns their address; 0 if there are none
 */
export function addParameters({ layers, machine, name }: Plan, constants: Constants): number | Refusal {
  const groups = matrixLayers(layers).flatMap(({ layer, groups: schedules }) =>
    schedules.map((_, group) => ({ layer, first: group * machine.rows })),
  )
  const refusal = checkCapacity('parameterGroups', groups.length, machine, `model '${name}'`)
  if (refusal !== undefined) return refusal
  if (groups.length === 0) return 0
  const each = groupBytes(machine)
  return constants.addLater(groups.length * each, () => {
    const bytes = new Uint8Array(groups.length * each)
    for (const [index, { layer, first }] of groups.entries())
      bytes.set(parameterGroup(rowsOf(layer, first, machine.rows), machine), index * each)
    return bytes
  })
}

export const emitParameters = ({ addresses }: Context): InstructionOf<'LOADP'>[] => [
  instruction('LOADP', { address: addresses.parameters, group: 0, groups: addresses.weights.length }),
]

function rowsOf(layer: LinearLayer | LogitsLayer, first: number, count: number): RowParameters[] {
  return Array.from({ length: Math.min(count, layer.bias.length - first) }, (_, row) => ({
    bias: layer.bias[first + row]!,
    multiplier: layer.kind === 'linear' ? layer.multiplier[first + row]! : 0,
    shift: layer.kind === 'linear' ? layer.shift[first + row]! : 0,
    even: layer.kind === 'linear' ? (layer.even?.[first + row] ?? 0) : 0,
  }))
}
