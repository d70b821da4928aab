// Prints an integer graph as readable text, one line for each map, layer and source.

import { elementAt } from '../../base/defined.ts'
import type { IntegerGraph, IntegerLayer, IntegerMap, LinearSource } from './integer.ts'

/** The graph with counts in place of weights. @param rows of each layer that are printed in full */
export function printInteger(graph: IntegerGraph, rows = 0): string {
  return [
    `integer graph ${graph.name}: ${graph.layers.length} layers`,
    `input ${printMap(graph.input)}`,
    ...graph.layers.flatMap((layer) => printLayer(layer, rows)),
    `output ${graph.output}`,
    '',
  ].join('\n')
}

function printMap({ name, channels, height, width, format, zeroPoint, scale }: IntegerMap): string {
  const zero = zeroPoint === 0 ? '' : `, zero point ${zeroPoint}`
  return `${name}: ${format.signed ? 'int' : 'uint'}${format.bits}[${channels},${height},${width}], scale ${short(scale)}${zero}`
}

function printLayer(layer: IntegerLayer, rows: number): string[] {
  switch (layer.kind) {
    case 'linear':
      return [
        `  ${layer.name} → ${printMap(layer.output)}, codes ${layer.low}..${layer.high}${layer.overPixels === true ? ', over all pixels' : ''}`,
        ...layer.sources.map(printSource),
        ...printRows(
          layer.sources,
          rows,
          (row) =>
            `bias ${layer.bias[row]}, ×${layer.multiplier[row]} >> ${layer.shift[row]}${layer.even?.[row] === 1 ? ' to even' : ''}`,
        ),
      ]
    case 'logits':
      return [
        `  ${layer.name} → ${layer.source.weights.rows} logits`,
        printSource(layer.source),
        ...printRows([layer.source], rows, (row) => `bias ${layer.bias[row]}, scale ${short(layer.scale[row]!)}`),
      ]
    case 'maxPool': {
      const window = `maximum over ${layer.kernel.join('×')}${geometry(layer)}`
      return [`  ${layer.name} → ${printMap(layer.output)}`, `    ${window} of ${layer.source}`]
    }
    case 'relayout': {
      const { stride, offset, source } = layer
      return [
        `  ${layer.name} → ${printMap(layer.output)}`,
        `    relayout${geometry({ stride, pads: [0, 0] })} from ${offset.join(',')} of ${source}`,
      ]
    }
    default:
      return layer satisfies never
  }
}

function printSource(source: LinearSource): string {
  const { map, role, kernel, weights, dilation } = source
  const dilated = dilation[0] * dilation[1] === 1 ? '' : `, dilation ${dilation.join('×')}`
  const density = weights.rows * weights.columns === 0 ? 0 : weights.value.length / (weights.rows * weights.columns)
  const count = `${weights.value.length} of ${weights.rows}×${weights.columns} (${(100 * density).toFixed(1)} %)`
  return `    ${role} ${kernel.join('×')}${geometry(source)}${dilated} of ${map}: ${count}`
}

function geometry({ stride, pads }: Pick<LinearSource, 'stride' | 'pads'>): string {
  const strides = stride[0] * stride[1] === 1 ? '' : `, stride ${stride.join('×')}`
  return strides + (pads[0] + pads[1] === 0 ? '' : `, pads ${pads.join(',')}`)
}

function printRows(sources: readonly LinearSource[], rows: number, tail: (row: number) => string): string[] {
  const count = Math.min(rows, elementAt(sources, 0).weights.rows)
  return Array.from({ length: count }, (_, row) => {
    const entries = sources.map(({ weights }) => {
      const places = Array.from(
        { length: weights.rowStart[row + 1]! - weights.rowStart[row]! },
        (__, i) => weights.rowStart[row]! + i,
      )
      return `{${places.map((i) => `${weights.column[i]}:${weights.value[i]}`).join(' ')}}`
    })
    return `      row ${row}: ${entries.join(' + ')}, ${tail(row)}`
  })
}

function short(value: number): string {
  return String(Number(value.toPrecision(6)))
}
