// The requantiser of a row: a ratio of two units as an int16 multiplier and a shift.

export interface Requantiser {
  /** 2^14..2^15 − 1 where the shift's range allows it */
  readonly multiplier: number
  /** 0..47 */
  readonly shift: number
}

/** The multiplier and shift with multiplier ÷ 2^shift nearest to a positive ratio; saturated outside 2^−47..2^15. */
export function requantiserOf(ratio: number): Requantiser {
  for (let shift = Math.min(47, Math.max(0, 14 - Math.floor(Math.log2(ratio)))); ; shift--) {
    const multiplier = Math.round(ratio * 2 ** shift)
    if (multiplier <= 32767) return { multiplier: Math.max(1, multiplier), shift }
    if (shift === 0) return { multiplier: 32767, shift }
  }
}
