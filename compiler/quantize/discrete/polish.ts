// Polishing: codes move to the next level while that lowers their row's error.

import { elementAt } from '../../../base/defined.ts'
import { fitOf, imagesOf } from './row-errors.ts'
import type { DiscreteRow, DiscreteRowProblem } from './row.ts'
import { nearestLevel } from './weight-sets.ts'

/** Sweeps over all codes after which a polished row stays as it is, and rounds of sweeps and refitting. */
const sweeps = 8
const rounds = 4

/** Moves the codes of each row to the next level while that lowers its error, and fits the scale to them. */
export function polishAll(rows: readonly DiscreteRow[], problems: readonly DiscreteRowProblem[]): DiscreteRow[] {
  const images = imagesOf(rows, problems)
  return rows.map((row, at) =>
    polished(row, elementAt(problems, at), images.subarray(at * row.codes.length, (at + 1) * row.codes.length)),
  )
}

/** @param image codes · inputs, kept up to date */
function polished(row: DiscreteRow, problem: DiscreteRowProblem, image: Float64Array): DiscreteRow {
  const { set, inputs, cross, keep } = problem
  const { levels } = set
  const size = row.codes.length
  const codes = row.codes.slice()
  let { scale } = row
  if (!(scale > 0)) return row
  for (let round = 0; round < rounds; round++) {
    let moved = false
    for (let sweep = 0; sweep < sweeps; sweep++) {
      let found = false
      for (let i = 0; i < size; i++) {
        if (keep[i] === 0) continue
        const slope = scale * image[i]! - cross[i]!
        const at = nearestLevel(set, codes[i]!) + (slope > 0 ? -1 : 1)
        if (at < 0 || at >= levels.length) continue
        const by = levels[at]! - codes[i]!
        if (!(2 * slope * by * scale + (by * scale) ** 2 * inputs[i * (size + 1)]! < 0)) continue
        codes[i] = levels[at]!
        found = true
        for (let j = 0, from = i * size; j < size; j++, from++) image[j]! += by * inputs[from]!
      }
      if (!found) break
      moved = true
    }
    if (problem.scale !== undefined || (round > 0 && !moved)) break
    const { square, along } = fitOf(codes, image, problem)
    if (!(square > 0 && along > 0)) break
    scale = along / square
  }
  return { codes, scale }
}
