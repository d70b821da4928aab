// Random multiplier and shift of a row, for sums of a certain size; halves round up or, where post can detect them, to even.

import { evenShifts } from '../model/formats.ts'
import type { RowParameters } from '../model/formats.ts'
import type { SeededRandom } from './seeded-random.ts'

/** @param bound on the sums: most codes are within the formats, some outside */
export function randomRequantiser(
  random: SeededRandom,
  bound: number,
): Pick<RowParameters, 'multiplier' | 'shift' | 'even'> {
  if (random.chance(0.4)) return toEven(random, bound)
  const multiplier = random.int(-32768, 32767)
  const scale = Math.round(Math.log2(Math.max(1, (bound * Math.abs(multiplier)) / 64)))
  const shift = random.chance(0.1) ? random.int(0, 47) : Math.max(0, Math.min(47, scale - random.int(0, 12)))
  return { multiplier, shift, even: 0 }
}

/** A power of two, since with other multipliers a sum is hardly ever a half; sometimes a small multiple of one, or any. */
function toEven(random: SeededRandom, bound: number): Pick<RowParameters, 'multiplier' | 'shift' | 'even'> {
  const sumBits = Math.round(Math.log2(bound))
  const lost = Math.max(1, sumBits - 6 - random.int(0, 12))
  const shift = random.chance(0.1) ? random.pick(evenShifts) : lost <= 15 ? 15 : 30
  const power = 2 ** Math.max(0, Math.min(14, shift - lost))
  const odd = random.chance(0.3) ? random.int(1, Math.floor(32767 / power)) : 1
  const multiplier = random.chance(0.1) ? random.int(-32768, 32767) : power * odd * random.pick([-1, 1])
  return { multiplier, shift, even: 1 }
}
