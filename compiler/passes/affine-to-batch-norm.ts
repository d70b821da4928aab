// Rewrites arithmetic with a constant per channel as BatchNormalization.

import { elementAt, elements } from '../../base/defined.ts'
import type { Node } from '../graph/graph.ts'
import { type Tensor, tensor } from '../graph/tensor.ts'
import { GraphEditor } from './editor.ts'
import type { Pass } from './pass.ts'

export const affineToBatchNorm: Pass = {
  name: 'affine-to-batch-norm',
  why: 'scales and shifts of channels have many spellings, of which one is folded into convolutions',
  run: (graph) => {
    const editor = new GraphEditor(graph)
    for (const node of graph.nodes) {
      const affine = affineOf(editor, node)
      if (affine === undefined) continue
      const { input, factor, offset } = affine
      const channels = factor.length
      const parameter = (suffix: string, data: Float32Array) =>
        editor.addConstant(`${node.name}.${suffix}`, tensor(data, [channels]))
      const inputs = [
        input,
        parameter('scale', factor),
        parameter('shift', offset),
        parameter('mean', new Float32Array(channels)),
        parameter('variance', new Float32Array(channels).fill(1)),
      ]
      editor.replace([node], [{ ...node, op: 'BatchNormalization', inputs, attributes: { epsilon: 0 } }])
    }
    return editor.result()
  },
}

interface Affine {
  readonly input: string
  readonly factor: Float32Array
  readonly offset: Float32Array
}

/** The node as factor and offset of each channel, if it combines a map [N,C,H,W] with a scalar or one constant per channel. */
function affineOf(editor: GraphEditor, { op, inputs }: Node): Affine | undefined {
  if (!['Add', 'Sub', 'Mul', 'Div'].includes(op)) return undefined
  const [first, second] = elements(inputs, 2)
  const right = editor.constant(second)
  const left = editor.constant(first)
  const constant = right ?? left
  const input = right === undefined ? second : first
  if (constant === undefined || (left !== undefined && right !== undefined)) return undefined
  const { shape, elementType } = editor.type(input)
  const values = shape.length === 4 && elementType === 'float32' ? perChannel(constant, elementAt(shape, 1)) : undefined
  if (values === undefined || (op === 'Div' && right === undefined)) return undefined
  const all = (value: number) => new Float32Array(values.length).fill(value)
  switch (op) {
    case 'Add':
      return { input, factor: all(1), offset: values }
    case 'Sub':
      return right === undefined
        ? { input, factor: all(-1), offset: values }
        : { input, factor: all(1), offset: values.map((value) => -value) }
    case 'Mul':
      return { input, factor: values, offset: all(0) }
    default:
      return { input, factor: values.map((value) => 1 / value), offset: all(0) }
  }
}

/** A constant of shape [C,1,1], [1,C,1,1] or one element, as one value per channel. */
function perChannel({ data, shape, size }: Tensor, channels: number): Float32Array | undefined {
  if (shape.length > 4) return undefined
  if (size === 1) return new Float32Array(channels).fill(elementAt(data, 0))
  const aligned = [...new Array<number>(4 - shape.length).fill(1), ...shape]
  return size === channels && aligned[1] === channels ? Float32Array.from(data) : undefined
}
