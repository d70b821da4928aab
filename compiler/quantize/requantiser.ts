// The requantiser of a row: the ratio of accumulator scale and output scale as an int16 multiplier and a shift.

import { fieldRange } from '../../base/bits.ts'
import { evenShifts, maxShift, parameterFields } from '../../isa/model/formats.ts'

export interface RequantiserParameters {
  /** 2^14..2^15 − 1 if the shift's range allows it and halves are rounded up */
  readonly multiplier: number
  /** 0..47 */
  readonly shift: number
  /** 1: halves are rounded to even, 0: up */
  readonly even: 0 | 1
}

const { high: mostMultiplier } = fieldRange(parameterFields.multiplier)

/** The multiplier and shift with multiplier ÷ 2^shift nearest to a positive ratio; saturated outside 2^−47..2^15. */
export function requantiserOf(ratio: number): RequantiserParameters {
  for (let shift = Math.min(maxShift, Math.max(0, 14 - Math.floor(Math.log2(ratio)))); ; shift--) {
    const multiplier = Math.round(ratio * 2 ** shift)
    if (multiplier <= mostMultiplier) return { multiplier: Math.max(1, multiplier), shift, even: 0 }
    if (shift === 0) return { multiplier: mostMultiplier, shift, even: 0 }
  }
}

/** The relative error of ratios of products of float32 scales. */
const tolerance = 3e-7

/**
 * The same for a model that rounds halves to even. Sums are at a half only if the ratio is an integer multiple of 2^−15 or 2^−30, and the hardware
 * detects halves only with these shifts; for other ratios the nearest multiplier gives the smaller error.
 */
export function evenRequantiserOf(ratio: number): RequantiserParameters {
  for (const shift of evenShifts) {
    const multiplier = Math.round(ratio * 2 ** shift)
    const isExact = Math.abs(multiplier / (ratio * 2 ** shift) - 1) < tolerance
    if (multiplier >= 1 && multiplier <= mostMultiplier && isExact) return { multiplier, shift, even: 1 }
  }
  return requantiserOf(ratio)
}
