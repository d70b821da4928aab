// A layer divided into blocks: rows that read the same columns, of which a block has a limited number.

import type { LayerWeights } from './weight-indices.ts'

export interface LayerBlock {
  readonly rows: readonly number[]
  /** ascending */
  readonly columns: Int32Array
}

/** Columns that are solved for together: the time of a decomposition grows with their cube, that of all iterations with their square. */
const mostColumns = 640

/**
 * The blocks of a layer: each group of a convolution has its own, and wide rows are divided into parts that are solved for one after
 * the other, each compensating the errors of those before it.
 */
export function blocksOf({ rows, columns, indices }: LayerWeights): readonly LayerBlock[] {
  const groups = new Map<string, { readonly rows: number[]; readonly columns: Int32Array }>()
  for (let row = 0; row < rows; row++) {
    const own: number[] = []
    for (let column = 0; column < columns; column++) if (indices[row * columns + column]! > 0) own.push(column)
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
