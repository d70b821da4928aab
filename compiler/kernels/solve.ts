// Solutions for right-hand sides of a decomposed matrix, eight at a time.

import { kernels, Workspace } from './workspace.ts'

const sides = 8

/** A decomposition, for any number of right-hand sides. */
export interface Solver {
  /** Solves L·Lᵀ·x = right for every right-hand side [size], in place. */
  solve(rights: readonly Float64Array[]): void
}

/** @param lower [size × size] lower triangle */
export function solverOf(lower: Float64Array, size: number): Solver {
  return {
    solve(rights) {
      const space = new Workspace()
      const panels = Math.ceil(rights.length / sides)
      const [triangle, right] = [space.take(8 * size * size), space.take(8 * sides * size * panels)]
      space.doubles(triangle, size * size).set(lower)
      const packed = space.doubles(right, sides * size * panels)
      packed.fill(0)
      for (const [index, values] of rights.entries()) {
        let to = Math.floor(index / sides) * size * sides + (index % sides)
        for (let i = 0; i < size; i++, to += sides) packed[to] = values[i]!
      }
      kernels().solve(triangle, right, size, panels)
      for (const [index, values] of rights.entries()) {
        let from = Math.floor(index / sides) * size * sides + (index % sides)
        for (let i = 0; i < size; i++, from += sides) values[i] = packed[from]!
      }
    },
  }
}
