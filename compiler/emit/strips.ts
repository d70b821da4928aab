// Strips: cuts the input's loading and the first layer's rows, so that computing starts while the image still arrives.
import type { LinearSource } from '../graph/integer.ts'
import type { Patch } from '../layout/patches.ts'

/** Source rows to load (of every lane's patch), then output rows that can be computed when they are there. */
export interface Strip {
  readonly load: { readonly first: number; readonly rows: number }
  readonly compute: { readonly first: number; readonly rows: number }
}

/** More strips save no more time than their instructions cost. */
const mostStrips = 8

/**
 * Strips in loading order. Output rows start where no tap wraps to the patch's last row, which is loaded last, and end with those that do.
 * @param aligned whether a LOAD may begin at a source row
 */
export function cutStrips(
  source: Pick<LinearSource, 'kernel' | 'stride' | 'pads' | 'dilation'>,
  sourcePatch: Patch,
  outputPatch: Patch,
  aligned: (row: number) => boolean,
): Strip[] {
  const [stride, pad, reach] = [source.stride[0], source.pads[0], source.dilation[0] * (source.kernel[0] - 1)]
  const start = Math.min(Math.ceil(pad / stride), outputPatch.height - 1)
  /** source rows that output row y needs, or all of them where a tap wraps */
  const needed = (y: number): number =>
    stride * y - pad < 0 || stride * y + reach - pad >= sourcePatch.height
      ? sourcePatch.height
      : stride * y + reach - pad + 1
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
    strips.push({ load: { first: loaded, rows: end - loaded }, compute: { first: order[computed]!, rows } })
    loaded = end
    computed += rows
  }
  return strips
}
