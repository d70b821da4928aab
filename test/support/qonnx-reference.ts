// Decomposes QONNX into operators of ONNX, so that ONNX Runtime can evaluate a model; and respells a model as other tools write it.

import { elements } from '../../base/defined.ts'
import type { Graph, Node } from '../../compiler/graph/graph.ts'
import { type ElementType, tensorOf } from '../../compiler/graph/tensor.ts'

const quantisers = ['Quant', 'IntQuant', 'BipolarQuant', 'Trunc']

/** Replaces Quant, BipolarQuant and Trunc by the formulas of their definition, operator by operator; other nodes stay as they are. */
export function inPlainOnnx(graph: Graph): Graph {
  const constants = new Map(graph.constants)
  let count = 0
  const number = (...values: number[]): string => {
    const name = `plain${count++}`
    constants.set(name, tensorOf('float32', values, values.length === 1 ? [] : [values.length]))
    return name
  }
  const nodes = graph.nodes.flatMap((node): readonly Node[] => {
    if (!quantisers.includes(node.op)) return [node]
    const made: Node[] = []
    const step = (op: string, ...inputs: string[]): string => {
      const name = `${node.name}.plain${made.length}`
      made.push({ name, op, inputs, outputs: [name], attributes: {} })
      return name
    }
    const value = (at: number): number => Number(graph.constants.get(node.inputs[at]!)!.data[0])
    const attribute = (name: string, otherwise: number): number => Number(node.attributes[name] ?? otherwise)
    const [x, scale] = elements(node.inputs, 2)
    const limits = (bits: number, narrow: number): readonly [number, number] =>
      attribute('signed', 1) === 0 ? [0, 2 ** bits - 1 - narrow] : [narrow - 2 ** (bits - 1), 2 ** (bits - 1) - 1]
    const mode = node.attributes['rounding_mode'] as string | undefined
    const rounding = { ROUND: 'Round', FLOOR: 'Floor', CEIL: 'Ceil' }[
      (mode ?? (node.op === 'Trunc' ? 'FLOOR' : 'ROUND')).toUpperCase()
    ]!
    const sign = (of: string): string => step('Where', step('Less', of, number(0)), number(-1), number(1))
    const end = (result: string): readonly Node[] => {
      const last = made.pop()!
      if (last.name !== result) throw new Error('the last step is not the result')
      return [...made, { ...last, outputs: node.outputs }]
    }
    if (node.op === 'BipolarQuant') return end(step('Mul', sign(x), scale))
    const scaled = step('Div', x, scale)
    const shifted = step('Add', scaled, number(value(2)))
    if (node.op !== 'Trunc') {
      const isSign = value(3) === 1 && attribute('signed', 1) === 1
      const bounds = limits(value(3), attribute('narrow', 1)).map((bound) => number(bound))
      const code = isSign ? sign(shifted) : step(rounding, step('Clip', shifted, ...bounds))
      return end(step('Mul', step('Sub', code, number(value(2))), scale))
    }
    const whole = step('Round', shifted)
    if (node.inputs.length === 5) {
      const cut = step(rounding, step('Div', whole, number(2 ** (value(3) - value(4)))))
      return end(step('Mul', step('Sub', cut, number(value(2))), scale))
    }
    const worth = 2 ** Math.round(Math.log2(value(4) / value(1)))
    const bounds = limits(value(6), attribute('narrow', 0)).map((bound) => number(bound))
    const cut = step(rounding, step('Clip', step('Div', whole, number(worth)), ...bounds))
    return end(step('Mul', step('Sub', cut, number(value(2) / worth)), number(value(4))))
  })
  return { ...graph, nodes, constants }
}

/** How a tool writes the quantisers: their domain, and the type and shape of zero points and bit widths. */
export interface QuantSpelling {
  readonly domain: string | undefined
  readonly type: ElementType
  readonly shape: readonly number[]
}

/** The same model as another tool writes it. */
export function respelled(graph: Graph, { domain, type, shape }: QuantSpelling): Graph {
  const constants = new Map(graph.constants)
  const nodes = graph.nodes.map((node): Node => {
    if (!quantisers.includes(node.op)) return node
    const { domain: _, ...rest } = node
    // Scales are floats, including that of Trunc's output.
    const isWhole = (at: number): boolean => at >= 2 && !(node.inputs.length === 7 && at === 4)
    const inputs = node.inputs.map((name, at) => {
      if (!isWhole(at)) return name
      const spelled = `${name}.${type}`
      constants.set(spelled, tensorOf(type, Array.from(constants.get(name)!.data), shape))
      return spelled
    })
    return { ...rest, ...(domain === undefined ? {} : { domain }), inputs }
  })
  return { ...graph, nodes, constants }
}

/**
 * The same model with channels last, as QONNX's own transformation writes it: every node of `ops` is wrapped, with channels last in its map and weights,
 * and transposes connect the wrapped nodes.
 */
export function withChannelsLast(graph: Graph, domain: string, ops: readonly string[]): Graph {
  const constants = new Map(graph.constants)
  const nodes = graph.nodes.flatMap((node): readonly Node[] => {
    if (!ops.includes(node.op)) return [node]
    const turned = (input: string, perm: readonly number[], at: string): Node => ({
      name: `${node.name}.${at}`,
      op: 'Transpose',
      inputs: [input],
      outputs: [`${node.name}.${at}`],
      attributes: { perm: [...perm] },
    })
    const rest = node.inputs.slice(1)
    const before = turned(node.inputs[0]!, [0, 2, 3, 1], 'before')
    const weights = node.op === 'Conv' ? [turned(rest[0]!, [0, 2, 3, 1], 'weights')] : []
    const inner = `${node.name}.inner`
    const inputs = [...[before, ...weights].map(({ outputs }) => outputs[0]!), ...rest.slice(weights.length)]
    const after = { ...turned(inner, [0, 3, 1, 2], 'after'), outputs: node.outputs }
    return [before, ...weights, { ...node, domain, inputs, outputs: [inner] }, after]
  })
  return { ...graph, nodes, constants }
}
