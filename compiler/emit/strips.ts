// Strips: cuts the input's loading and the first layer's rows, so that computing starts while the image still arrives.
import type { LinearSource } from '../graph/integer.ts'
import type { Patch } from '../layout/patches.ts'

/** Source rows to load (of every lane's patch), then output rows that can be computed when they are there. */
export interface Strip {
  readonly load: { readonly first: number; readonly rows: number }
  readonly compute: { readonly first: number; readonly rows: number }
}

export type StripWindow = Pick<LinearSource, 'kernel' | 'stride' | 'pads' | 'dilation'>

/** More strips save no more time than their instructions cost. */
const mostStrips = 8

/**
 * Strips in loading order. Output rows start where no tap wraps to the patch's last row, which is loaded last, and end with those that do.
 * @param windows all those that the layer lays over the input
 * @param aligned whether a LOAD may begin at a source row
 */
export function cutStrips(
  windows: readonly StripWindow[],
  sourcePatch: Patch,
  outputPatch: Patch,
  aligned: (row: number) => boolean,
): Strip[] {
  const starts = windows.map(({ stride, pads }) => Math.ceil(pads[0] / stride[0]))
  const start = Math.min(Math.max(0, ...starts), outputPatch.height - 1)
  const needed = (y: number): number => Math.max(...windows.map((window) => rowsNeeded(window, y, sourcePatch.height)))
  const order = Array.from({ length: outputPatch.height }, (_, i) => (start + i) % outputPatch.height)
  const step = Math.ceil((sourcePatch.height - needed(start)) / (mostStrips - 1)) || 1
  const strips: Strip[] = []
  let loaded = 0
  let computed = 0
  while (computed < order.length) {
    let end = Math.min(sourcePatch.height, Math.max(needed(order[computed]!), loaded === 0 ? 0 : loaded + step))
    while (end < sourcePatch.height && !aligned(end)) end++
    let rows = 0
    while (computed + rows < order.length && needed(order[computed + rows]!) <= end) rows++
    computed += rows
    // Rows that this layer skips are for later ones.
    if (computed === order.length) end = sourcePatch.height
    strips.push({ load: { first: loaded, rows: end - loaded }, compute: { first: order[computed - rows]!, rows } })
    loaded = end
  }
  return strips
}

/** The first so many source rows hold what output row y reads: all of them where a tap leaves the patch. */
function rowsNeeded({ kernel, stride, pads, dilation }: StripWindow, y: number, height: number): number {
  const top = stride[0] * y - pads[0]
  const bottom = top + dilation[0] * (kernel[0] - 1)
  return top < 0 || bottom >= height ? height : bottom + 1
}
