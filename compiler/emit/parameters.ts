// Parameters: bias, multiplier, shift and rounding of every row, loaded once by `init`.
import type { LinearLayer, LogitsLayer } from '../graph/integer.ts'
import type { Parameter } from '../../isa/formats.ts'
import { demand } from '../capacity.ts'
import { instruction } from './build.ts'
import { parameterGroup } from './constants.ts'
import { matrixLayers, type Draft } from './emission.ts'

/**
 * Adds the parameters of all row groups, in program order, to the constants and loads them.
 * @throws DlpError when the parameter memory is too small
 */
export function emitParameters({ emission, constants, init }: Draft): void {
  const { layers, machine, name } = emission
  const groups = matrixLayers(layers).flatMap(({ layer, groups: schedules }) =>
    schedules.map((_, group) => parameterGroup(rowsOf(layer, group * machine.rows, machine.rows), machine)),
  )
  demand('parameterGroups', groups.length, machine, `model '${name}'`)
  if (groups.length === 0) return
  const bytes = new Uint8Array(groups.length * groups[0]!.length)
  groups.forEach((group, index) => bytes.set(group, index * group.length))
  init.push(instruction('LOADP', { address: constants.add(bytes), group: 0, groups: groups.length }))
}

function rowsOf(layer: LinearLayer | LogitsLayer, first: number, count: number): Parameter[] {
  return Array.from({ length: Math.min(count, layer.bias.length - first) }, (_, row) => ({
    bias: layer.bias[first + row]!,
    multiplier: layer.kind === 'linear' ? layer.multiplier[first + row]! : 0,
    shift: layer.kind === 'linear' ? layer.shift[first + row]! : 0,
    even: layer.kind === 'linear' ? (layer.even?.[first + row] ?? 0) : 0,
  }))
}
