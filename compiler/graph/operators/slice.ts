// Slice: ranges of axes, with steps of either sign.

import { elementAt } from '../../../base/defined.ts'
import type { Call, Operator } from '../operator.ts'
import { stridesOf } from '../tensor.ts'
import { stridedOffsets } from './broadcast.ts'
import { gatherElements } from './rearrange.ts'
import { axesOf, constantInput, inputOrAttribute, inputType, inputValue, constraint } from './support.ts'

/** A range of one axis: `count` elements from `start` on, `step` apart. */
export interface SliceRange {
  readonly start: number
  readonly step: number
  readonly count: number
}

export const slice: Operator = {
  summary: 'Ranges of axes; starts, ends, axes and steps are inputs, or attributes before operator set 10.',
  inputs: [1, 5],
  outputs: 1,
  attributes: { starts: 'ints', ends: 'ints', axes: 'ints' },
  constraints: [
    constantInput(1, 'starts'),
    constantInput(2, 'ends'),
    constantInput(3, 'axes'),
    constantInput(4, 'steps'),
    constraint('starts and ends are given; axes and steps, if given, have as many elements', (call) => {
      const { starts, ends, axes, steps } = parts(call)
      const count = starts?.length
      return count !== undefined && [ends, axes, steps].every((list) => list?.length === count)
    }),
    constraint('axes are different and within the rank', (call) => {
      return axesOf(parts(call).axes, inputType(call, 0).shape.length) !== undefined
    }),
    constraint('no step is 0', (call) => parts(call).steps.every((step) => step !== 0)),
  ],
  infer: (call) => {
    return [{ elementType: inputType(call, 0).elementType, shape: sliceRanges(call).map(({ count }) => count) }]
  },
  evaluate: (call) => {
    const input = inputValue(call, 0)
    const ranges = sliceRanges(call)
    const strides = stridesOf(input.shape)
    const shape = ranges.map(({ count }) => count)
    const origin = ranges.reduce((sum, { start }, axis) => sum + start * elementAt(strides, axis), 0)
    return [gatherElements(call, input, shape, stridedOffsets(shape, ranges.map(({ step }, axis) => step * elementAt(strides, axis)), origin))] // prettier-ignore
  },
}

/** The range of each axis of a Slice's input. */
export function sliceRanges(call: Call): SliceRange[] {
  const { shape } = inputType(call, 0)
  const ranges = shape.map((extent): SliceRange => ({ start: 0, step: 1, count: extent }))
  const { starts, ends, axes, steps } = parts(call)
  axesOf(axes, shape.length)?.forEach((axis, at) => {
    const extent = elementAt(shape, axis)
    const step = elementAt(steps, at)
    const [low, high] = step > 0 ? [0, extent] : [-1, extent - 1]
    const clamp = (place: number) => Math.min(Math.max(place < 0 ? place + extent : place, low), high)
    const start = Math.max(clamp(starts?.[at] ?? 0), 0)
    const count = Math.max(0, Math.ceil((clamp(ends?.[at] ?? extent) - start) / step))
    ranges[axis] = { start: count === 0 ? 0 : start, step, count }
  })
  return ranges
}

function parts(call: Call) {
  const starts = inputOrAttribute(call, 1, 'starts')
  const ends = inputOrAttribute(call, 2, 'ends')
  const axes = inputOrAttribute(call, 3, 'axes') ?? starts?.map((_, axis) => axis) ?? []
  const steps = inputOrAttribute(call, 4, 'steps') ?? starts?.map(() => 1) ?? []
  return { starts, ends, axes, steps }
}
