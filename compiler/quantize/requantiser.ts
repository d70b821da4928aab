// The requantiser of a row: a ratio of two units as an int16 multiplier and a shift.

import { fieldRange } from '../../base/bits.ts'
import { evenShifts, maxShift, parameterFields } from '../../isa/model/formats.ts'

export interface Requantiser {
  /** 2^14..2^15 − 1 where the shift's range allows it and halves go up */
  readonly multiplier: number
  /** 0..47 */
  readonly shift: number
  /** 1: halves go to the even neighbour, 0: up */
  readonly even: 0 | 1
}

const { high: mostMultiplier } = fieldRange(parameterFields.multiplier)

/** The multiplier and shift with multiplier ÷ 2^shift nearest to a positive ratio; saturated outside 2^−47..2^15. */
export function requantiserOf(ratio: number): Requantiser {
  for (let shift = Math.min(maxShift, Math.max(0, 14 - Math.floor(Math.log2(ratio)))); ; shift--) {
    const multiplier = Math.round(ratio * 2 ** shift)
    if (multiplier <= mostMultiplier) return { multiplier: Math.max(1, multiplier), shift, even: 0 }
    if (shift === 0) return { multiplier: mostMultiplier, shift, even: 0 }
  }
}

/** Ratios of products of float32 scales differ by so much from what they are meant to be. */
const tolerance = 3e-7

/**
 * The same for a ratio of a model whose halves go to even. There are halves only where the ratio is a whole number of 2^−15ths or 2^−30ths, and
 * below the shift of such a ratio post can tell them; elsewhere the nearest multiplier counts for more.
 */
export function evenRequantiserOf(ratio: number): Requantiser {
  for (const shift of evenShifts) {
    const multiplier = Math.round(ratio * 2 ** shift)
    const isExact = Math.abs(multiplier / (ratio * 2 ** shift) - 1) < tolerance
    if (multiplier >= 1 && multiplier <= mostMultiplier && isExact) return { multiplier, shift, even: 1 }
  }
  return requantiserOf(ratio)
}
