// Bounds of the values in the normal form of a quantised graph, for any choice of its optional roundings.

import { elements } from '../../base/defined.ts'
import { type Graph, type Node, consumers, producers } from '../../compiler/graph/graph.ts'
import { codeOf, gridOf, isQuantize } from '../../compiler/graph/operators/grid.ts'
import { operatorOf } from '../../compiler/graph/operators.ts'
import { type Tensor, tensorOf, typeOf } from '../../compiler/graph/tensor.ts'
import { endsOf } from '../../compiler/quantize/row-ranges.ts'

/** Lower and upper bounds of every element. */
export interface ValueInterval {
  readonly low: Tensor
  readonly high: Tensor
}

/** The tolerance of a value before rounding, in steps: the machine's ratios have 15 bits, a shortcut's twelve. */
const slack = 0.1

/** Operators that sum their inputs with weights of either sign. */
const linear = ['Conv', 'Gemm', 'MatMul', 'Mul', 'Div', 'Add', 'Sub']

/**
 * Bounds of every value for one input.
 *
 * @param mayLeaveOut whether the roundings that `isOptional` accepts may be omitted; their saturation always takes place
 */
export function intervalsOf(graph: Graph, input: Tensor, mayLeaveOut: boolean): ReadonlyMap<string, ValueInterval> {
  const found = new Map<string, ValueInterval>([[graph.inputs[0]!.name, { low: input, high: input }]])
  for (const [name, value] of graph.constants) found.set(name, { low: value, high: value })
  const isOptional = mayLeaveOut ? optionalRoundings(graph) : () => false
  for (const node of graph.nodes) {
    const inputs = node.inputs.map((name) => found.get(name))
    const results = isQuantize(node) ? [rounded(node, inputs[0]!, isOptional(node))] : applied(node, inputs)
    results.forEach((result, at) => found.set(node.outputs[at]!, result))
  }
  return found
}

/**
 * The roundings that the default mode may omit (`compiler/quantize/README.md`): before a sum or another rounding, of a global
 * average that a product reads, and of the output.
 */
function optionalRoundings(graph: Graph): (node: Node) => boolean {
  const made = producers(graph)
  const readers = consumers(graph)
  const isOutput = (name: string): boolean => graph.outputs.some((output) => output.name === name)
  const behind = (name: string): readonly (Node | 'output')[] => [
    ...(isOutput(name) ? ['output' as const] : []),
    ...(readers.get(name) ?? []).flatMap((node) => (passing.includes(node.op) ? behind(node.outputs[0]!) : [node])),
  ]
  const isMean = (name: string): boolean => {
    const node = made.get(name)
    if (node === undefined) return false
    return node.op === 'GlobalAveragePool' || ([...passing, 'Quantize'].includes(node.op) && isMean(node.inputs[0]!))
  }
  return ({ inputs, outputs }) => {
    const [input] = elements(inputs, 1)
    const [output] = elements(outputs, 1)
    return (
      made.has(input) &&
      behind(output).every(
        (reader) =>
          reader === 'output' ||
          ['Add', 'Quantize'].includes(reader.op) ||
          (['Conv', 'Gemm'].includes(reader.op) && isMean(input)),
      )
    )
  }
}

const passing = ['Flatten', 'Reshape', 'Squeeze', 'Relu', 'Clip', 'Identity']

function rounded(node: Node, { low, high }: ValueInterval, optional: boolean): ValueInterval {
  const grid = gridOf(node)
  const real = (value: number): number => (codeOf(value, grid) - grid.zeroPoint) * grid.scale
  const [least, greatest] = endsOf(grid)
  const clamped = (value: number): number => Math.min(Math.max(value, least), greatest)
  const off = slack * grid.scale
  return {
    low: mapped(low, (value) => Math.min(real(value - off), optional ? clamped(value) : Infinity)),
    high: mapped(high, (value) => Math.max(real(value + off), optional ? clamped(value) : -Infinity)),
  }
}

/** Interval arithmetic: linear operators are applied to centres, and with absolute weights to radii; other operators are monotonic. */
function applied(node: Node, inputs: readonly (ValueInterval | undefined)[]): readonly ValueInterval[] {
  const evaluate = (values: readonly (Tensor | undefined)[]): readonly Tensor[] =>
    operatorOf(node)!.evaluate({ node, values, types: values.map((value) => value && typeOf(value)) })
  const isSum = node.op === 'Add' || node.op === 'Sub'
  if (!linear.includes(node.op)) {
    const lows = evaluate(inputs.map((value) => value?.low))
    const isKnown = inputs.every((value) => value === undefined || value.low === value.high)
    const highs = isKnown ? lows : evaluate(inputs.map((value) => value?.high))
    return lows.map((low, at) => ({ low, high: highs[at]! }))
  }
  const [middle] = elements(evaluate(inputs.map((value) => value && joined(value, (low, high) => (low + high) / 2))), 1)
  const radii = inputs.map((value, at) => {
    const isBias = at === 2 || (isSum && value?.low === value?.high)
    const isFactor = !isSum && value?.low === value?.high
    const sign = node.op === 'Sub' && at === 1 ? -1 : 1
    return value && joined(value, (low, high) => (isBias ? 0 : isFactor ? Math.abs(low) : (sign * (high - low)) / 2))
  })
  const [radius] = elements(evaluate(radii), 1)
  return [
    {
      low: mapped(middle, (value, at) => value - radius.data[at]!),
      high: mapped(middle, (value, at) => value + radius.data[at]!),
    },
  ]
}

function mapped(value: Tensor, each: (value: number, at: number) => number): Tensor {
  return tensorOf('float32', Array.from(value.data, each), value.shape)
}

const joined = ({ low, high }: ValueInterval, mix: (low: number, high: number) => number): Tensor =>
  mapped(low, (value, at) => mix(value, high.data[at]!))
