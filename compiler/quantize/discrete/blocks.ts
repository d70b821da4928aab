// A layer cut into blocks: rows that read the same columns, at most so many columns at a time.

import type { LayerWeights } from './positions.ts'

export interface LayerBlock {
  readonly rows: readonly number[]
  /** ascending */
  readonly columns: Int32Array
}

/** Columns that are solved for together: decompositions grow with the cube, all turns with the square. */
export const mostColumns = 640

/**
 * The blocks of a layer: groups of a convolution each have their own, and wide rows are cut into parts that are solved for one after
 * the other, each making up for those before it.
 */
export function blocksOf({ rows, columns, places }: LayerWeights): readonly LayerBlock[] {
  const groups = new Map<string, { readonly rows: number[]; readonly columns: Int32Array }>()
  for (let row = 0; row < rows; row++) {
    const own: number[] = []
    for (let column = 0; column < columns; column++) if (places[row * columns + column]! > 0) own.push(column)
    const key = `${own[0]}:${own.at(-1)}:${own.length}`
    const group = groups.get(key)
    if (group === undefined) groups.set(key, { rows: [row], columns: Int32Array.from(own) })
    else group.rows.push(row)
  }
  return [...groups.values()].flatMap((group) => {
    const parts = Math.max(1, Math.ceil(group.columns.length / mostColumns))
    return Array.from({ length: parts }, (_, part): LayerBlock => {
      const bounds = [part, part + 1].map((at) => Math.round((at * group.columns.length) / parts))
      return { rows: group.rows, columns: group.columns.subarray(bounds[0], bounds[1]) }
    })
  })
}
