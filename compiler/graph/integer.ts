// The integer graph: the quantiser's output and the backend's input, evaluated by the oracle. It does not depend on the machine.

import { elementAt } from '../../base/defined.ts'

/** A code's width and sign: 4 or 8 bits. Signed codes run from −2^(bits−1), unsigned ones from 0. */
export interface CodeFormat {
  readonly bits: 4 | 8
  readonly signed: boolean
}

/** A feature map of codes [channels, height, width]; real value = scale · (code − zeroPoint). */
export interface IntegerMap {
  readonly name: string
  readonly channels: number
  readonly height: number
  readonly width: number
  readonly format: CodeFormat
  readonly zeroPoint: number
  readonly scale: number
}

/** Compressed sparse rows; column = (channel · kernelHeight + ky) · kernelWidth + kx over ALL channels of the source. */
export interface SparseWeights {
  readonly rows: number
  readonly columns: number
  /** [rows + 1] */
  readonly rowStart: Int32Array
  /** [non-zeros] ascending within a row */
  readonly column: Int32Array
  /** [non-zeros] integer weight in the row's unit, never 0 */
  readonly value: Int32Array
}

/** One sparse matrix over one source map: a convolution, a residual (1×1, one entry a row) or a projection. */
export interface LinearSource {
  readonly map: string
  readonly role: 'main' | 'residual' | 'projection'
  readonly kernel: readonly [number, number]
  readonly stride: readonly [number, number]
  /**
   * top and left, negative where the window starts inside the map; bottom and right follow from the output's size; padding reads the
   * source's zero point
   */
  readonly pads: readonly [number, number]
  readonly dilation: readonly [number, number]
  readonly weights: SparseWeights
  /** the number of weights of the model's node, zeros included; 0 for a node without weights. Absent: all elements of the matrix; of a residual, 0 */
  readonly dense?: number
  /**
   * share of its products, at one position, that are products of the network itself; absent: all. An average over n pixels has one product and
   * n − 1 additions; moving a value has no product
   */
  readonly needed?: number
}

/** acc[o,y,x] = Σ sources Σ columns value · code(source); every source gives the same output size. */
export interface LinearLayer {
  readonly kind: 'linear'
  readonly name: string
  /** acc[o] is summed over all pixels of the only source, whose window is 1×1; the output is 1×1 and the bias is added once */
  readonly overPixels?: true
  readonly sources: readonly LinearSource[]
  /** [rows] int32, the sources' zero points folded in */
  readonly bias: Int32Array
  /** [rows] int16 and 0..47: code = clamp(((acc + bias)·m + 2^(s−1) >> s) + zeroPoint, low, high) */
  readonly multiplier: Int16Array
  readonly shift: Uint8Array
  /** [rows] 1 where a half goes to the even neighbour before the zero point (shifts of 15 and 30 alone), else up; absent: all go up */
  readonly even?: Uint8Array
  readonly low: number
  readonly high: number
  readonly output: IntegerMap
}

/** logit[o] = Σ over all pixels of acc[o] + bias[o] as int32; real = logit · scale[o]. Global average pool + FC. */
export interface LogitsLayer {
  readonly kind: 'logits'
  readonly name: string
  readonly source: LinearSource
  readonly bias: Int32Array
  /** [rows] real value of one unit of each logit */
  readonly scale: Float64Array
}

/** Maximum over the kernel's valid pixels; codes, scale and zero point as the source's. */
export interface MaxPoolLayer {
  readonly kind: 'maxPool'
  readonly name: string
  readonly source: string
  readonly kernel: readonly [number, number]
  readonly stride: readonly [number, number]
  readonly pads: readonly [number, number]
  readonly output: IntegerMap
}

/**
 * output[c, y, x] = source[c, strideY·y + offsetY, strideX·x + offsetX], the source's zero point outside; codes, scale and zero
 * point as the source's. The backend inserts relayouts where lanes would own too much or too little of a map; no model has them.
 */
export interface RelayoutLayer {
  readonly kind: 'relayout'
  readonly name: string
  readonly source: string
  readonly stride: readonly [number, number]
  readonly offset: readonly [number, number]
  /** what a lane owns of the output: the positions that it owns of the source, all of it (lane 0), or what suits the output's readers */
  readonly lanes: 'kept' | 'one' | 'free'
  readonly output: IntegerMap
}

export type IntegerLayer = LinearLayer | LogitsLayer | MaxPoolLayer | RelayoutLayer

export interface IntegerGraph {
  readonly name: string
  readonly input: IntegerMap
  /** in execution order */
  readonly layers: readonly IntegerLayer[]
  /** the name of the layer or map that is the result: a logits layer, or a map */
  readonly output: string
}

/** The common part of layers of an integer graph and of a plan: the sparse matrices whose products they sum. */
export type Summing<S> =
  { readonly kind: 'linear'; readonly sources: readonly S[] } | { readonly kind: 'logits'; readonly source: S }

/** The sparse matrices of a layer or step; pools and relayouts have none. */
export function sourcesOf<S>(layer: Summing<S> | { readonly kind: 'maxPool' | 'relayout' }): readonly S[] {
  return layer.kind === 'linear' ? layer.sources : layer.kind === 'logits' ? [layer.source] : []
}

/** The names of the maps that a layer or step reads. */
export function sourceMaps(
  layer: Summing<{ readonly map: string }> | { readonly kind: 'maxPool' | 'relayout'; readonly source: string },
): readonly string[] {
  return layer.kind === 'maxPool' || layer.kind === 'relayout'
    ? [layer.source]
    : sourcesOf(layer).map((source) => source.map)
}

/** For each layer, the maps that no later layer reads; the graph's output is kept. */
export function lastUses(
  layers: readonly (Parameters<typeof sourceMaps>[0] & { readonly output?: { readonly name: string } })[],
  output: string,
): readonly (readonly string[])[] {
  const seen = new Set([output])
  const found = layers.map(() => [] as string[])
  for (let index = layers.length - 1; index >= 0; index--) {
    const layer = elementAt(layers, index)
    for (const name of sourceMaps(layer)) {
      if (seen.has(name)) continue
      seen.add(name)
      elementAt(found, index).push(name)
    }
    const own = layer.output?.name
    if (own !== undefined && !seen.has(own)) elementAt(found, index).push(own)
  }
  return found
}

/** Whether a layer sums over the pixels of its source, so that its positions are those of the source and not of its output. */
export const sumsPixels = (layer: LinearLayer | LogitsLayer): boolean =>
  layer.kind === 'logits' || layer.overPixels === true
