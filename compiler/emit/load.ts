// LOAD: an area of the input, by one instruction if it has all columns, else row by row.
import { mapBytes, positionBytes } from '../layout/dram.ts'
import { inputOf } from '../tasks/plan.ts'
import type { LoadTask } from '../tasks/task.ts'
import type { InstructionOf } from '../../isa/instruction.ts'
import { addressUnitBytes } from '../../isa/instructions.ts'
import { type Context, instruction, region } from './build.ts'
import { loadPad } from './tensors.ts'

export function emitLoad({ plan }: Context, { image, area }: LoadTask): InstructionOf<'LOAD'>[] {
  const { machine } = plan
  const input = inputOf(plan)
  const { width } = input.patch
  const { firstRow, rows, firstColumn, columns } = area
  const bytes = positionBytes(input.map.channels, input.planes, machine)
  const loadOf = (first: number, positions: number): InstructionOf<'LOAD'> =>
    instruction('LOAD', {
      region: region.input,
      address: (image * mapBytes(input, machine) + bytes * first) / addressUnitBytes,
      base: input.base + first,
      positions,
      planeStride: input.planeStride,
      channels: input.map.channels,
      pad: loadPad(input, machine),
      wide: input.planes - 1,
      startBank: input.startBank,
    })
  if (columns === width) return [loadOf(firstRow * width, rows * width)]
  return Array.from({ length: rows }, (_, row) => loadOf((firstRow + row) * width + firstColumn, columns))
}
