// The laws of an integer graph: names, sizes and value ranges on which its users rely.

import { codeRange } from '../../base/bits.ts'
import { defined, elements } from '../../base/defined.ts'
import { DlpError } from '../../base/error.ts'
import { evenShifts } from '../../isa/model/formats.ts'
import { sourceMaps } from './integer.ts'
import type { IntegerGraph, IntegerLayer, IntegerMap, LinearLayer, LinearSource } from './integer.ts'

/**
 * Checks a graph and returns its maps by name.
 *
 * @throws DlpError naming the layer and the law that it breaks
 */
export function verifyInteger(graph: IntegerGraph): ReadonlyMap<string, IntegerMap> {
  const maps = new Map<string, IntegerMap>()
  const names = new Set<string>()
  addMap(graph.input, `input '${graph.input.name}'`)
  for (const layer of graph.layers) {
    const where = `layer '${layer.name}'`
    check(!names.has(layer.name), where, 'a layer has a name of its own')
    names.add(layer.name)
    for (const name of sourceMaps(layer)) check(maps.has(name), where, `a source is defined before (found '${name}')`)
    checkLayer(layer, maps, where)
    if (layer.kind !== 'logits') addMap(layer.output, where)
  }
  const last = graph.layers.find((layer) => layer.name === graph.output)
  const known = maps.has(graph.output) || last?.kind === 'logits'
  check(known, `graph '${graph.name}'`, `the output is a map or a logits layer (found '${graph.output}')`)
  return maps

  function addMap(map: IntegerMap, where: string): void {
    const { low, high } = codeRange(map.format)
    check(!maps.has(map.name), where, `a map is defined once (found '${map.name}' again)`)
    check(
      [map.channels, map.height, map.width].every((n) => Number.isInteger(n) && n > 0),
      where,
      'extents are positive',
    )
    check(map.channels * map.height * map.width <= 2 ** 28, where, 'a map has at most 2^28 codes')
    check(inRange(map.zeroPoint, low, high), where, `a zero point is ${low} to ${high} (found ${map.zeroPoint})`)
    check(map.scale > 0 && Number.isFinite(map.scale), where, `a scale is positive (found ${map.scale})`)
    maps.set(map.name, map)
  }
}

function checkLayer(layer: IntegerLayer, maps: ReadonlyMap<string, IntegerMap>, where: string): void {
  switch (layer.kind) {
    case 'linear':
      check(layer.sources.length > 0, where, 'a linear layer has a source')
      for (const source of layer.sources)
        checkSource(source, defined(maps.get(source.map)), layer.output.channels, where)
      checkPost(layer, where)
      if (layer.overPixels === true) checkOverPixels(layer, where)
      return
    case 'logits':
      checkSource(layer.source, defined(maps.get(layer.source.map)), layer.source.weights.rows, where)
      check(layer.bias.length === layer.source.weights.rows, where, 'every row has a bias')
      check(layer.scale.length === layer.source.weights.rows, where, 'every row has a scale')
      return
    case 'maxPool': {
      const source = defined(maps.get(layer.source))
      checkPairs([layer.kernel, layer.stride], 1, where)
      checkPairs([layer.pads], 0, where)
      const { output } = layer
      checkSameCodes(source, output, where)
      const extents = [source.height, source.width] as const
      const outputs = [output.height, output.width] as const
      for (const axis of [0, 1] as const) {
        const starts = (outputs[axis] - 1) * layer.stride[axis] - layer.pads[axis] < extents[axis]
        check(starts && layer.pads[axis] < layer.kernel[axis], where, 'every window of a pool holds a pixel')
      }
      return
    }
    case 'relayout':
      checkPairs([layer.stride], 1, where)
      checkPairs([layer.offset], -65535, where)
      checkSameCodes(defined(maps.get(layer.source)), layer.output, where)
      return
    default:
      layer satisfies never
  }
}

function checkSameCodes(source: IntegerMap, output: IntegerMap, where: string): void {
  check(output.channels === source.channels, where, 'a pool or relayout keeps the channels')
  const same = output.zeroPoint === source.zeroPoint && output.scale === source.scale
  const format = output.format.bits === source.format.bits && output.format.signed === source.format.signed
  check(same && format, where, 'a pool or relayout keeps format, scale and zero point')
}

function checkOverPixels({ sources, output }: LinearLayer, where: string): void {
  const [{ kernel, stride, pads }, ...others] = elements(sources, 1)
  const isPlain = [...kernel, ...stride].every((n) => n === 1) && pads.every((n) => n === 0)
  check(others.length === 0 && isPlain, where, 'a sum over pixels has one source, with a window of 1×1')
  check(output.height === 1 && output.width === 1, where, 'a sum over pixels has one pixel')
}

function checkPost(layer: LinearLayer, where: string): void {
  const { bias, multiplier, shift, low, high, output } = layer
  const { low: least, high: most } = codeRange(output.format)
  const lengths = [bias.length, multiplier.length, shift.length]
  check(
    lengths.every((length) => length === output.channels),
    where,
    'every row has bias, multiplier and shift',
  )
  check(
    shift.every((s) => s <= 47),
    where,
    'shifts are 0 to 47',
  )
  const { even } = layer
  check(
    even === undefined || even.length === output.channels,
    where,
    'every row defines the rounding of halves, or no row does',
  )
  check(
    even === undefined || even.every((each, row) => each === 0 || evenShifts.includes(shift[row]!)),
    where,
    `halves are rounded to even only with shifts of ${evenShifts.join(' and ')}`,
  )
  check(
    inRange(low, least, most) && inRange(high, low, most),
    where,
    `${least} ≤ low ≤ high ≤ ${most} (found ${low}, ${high})`,
  )
}

function checkSource(source: LinearSource, map: IntegerMap, rows: number, where: string): void {
  const { kernel, weights } = source
  checkPairs([kernel, source.stride, source.dilation], 1, where)
  checkPairs([source.pads], -65535, where)
  check(weights.rows === rows, where, `a source has a row for each of ${rows} channels (found ${weights.rows})`)
  const columns = map.channels * kernel[0] * kernel[1]
  check(weights.columns === columns, where, `'${map.name}' has ${columns} columns (found ${weights.columns})`)
  const { rowStart, column, value } = weights
  check(rowStart.length === rows + 1 && rowStart[0] === 0, where, 'rowStart has rows + 1 entries from 0')
  check(rowStart[rows] === column.length && column.length === value.length, where, 'rowStart ends at the non-zeros')
  for (let row = 0; row < rows; row++) {
    check(rowStart[row]! <= rowStart[row + 1]!, where, 'rowStart never decreases')
    for (let i = rowStart[row]!; i < rowStart[row + 1]!; i++) {
      const ascends = i === rowStart[row] || column[i]! > column[i - 1]!
      if (!ascends || column[i]! < 0 || column[i]! >= columns || value[i] === 0)
        check(false, where, `columns of a row ascend within 0..${columns - 1} and hold no zero (row ${row})`)
    }
  }
}

function checkPairs(pairs: readonly (readonly [number, number])[], least: number, where: string): void {
  for (const pair of pairs)
    check(
      pair.length === 2 && pair.every((n) => inRange(n, least, 65535)),
      where,
      `geometry is pairs of integers from ${least}`,
    )
}

function inRange(value: number, low: number, high: number): boolean {
  return Number.isInteger(value) && value >= low && value <= high
}

function check(holds: boolean, where: string, law: string): void {
  if (!holds) throw new DlpError({ where, what: 'the integer graph breaks a law', allowed: law })
}
