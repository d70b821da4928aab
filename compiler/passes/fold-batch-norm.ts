// Folds BatchNormalization into the producing Conv or Gemm, or rewrites it as a depthwise 1×1 convolution.

import { elementAt, elements } from '../../base/defined.ts'
import { numberOf } from '../graph/attributes.ts'
import type { Node } from '../graph/graph.ts'
import { channelAffine } from '../graph/operators/normalization.ts'
import { type Tensor, tensor } from '../graph/tensor.ts'
import { GraphEditor } from './editor.ts'
import type { Pass } from './pass.ts'

export const foldBatchNorm: Pass = {
  name: 'fold-batch-norm',
  why: 'the scale of a channel is a factor of its weights; without a layer to join, it is a depthwise 1×1 convolution',
  rewrites: ['BatchNormalization'],
  run: (graph) => {
    const editor = new GraphEditor(graph)
    for (const node of graph.nodes) {
      const parameters = node.inputs.slice(1).map((name) => editor.constant(name))
      if (node.op !== 'BatchNormalization' || !parameters.every((value) => value !== undefined)) continue
      const [input] = elements(node.inputs, 1)
      const rank = editor.type(input).shape.length
      const affine = channelAffine(parameters, numberOf(node, 'epsilon', 1e-5))
      const before = editor.singleUseProducer(input)
      // If the producer was edited in this run, this normalisation is folded in the next run.
      if (before !== undefined && editor.isEdited(before)) continue
      const isLayer = before?.op === 'Conv' ? rank === 4 : isNormalGemm(before)
      const folded = before !== undefined && isLayer ? scaled(editor, before, node, affine) : undefined
      if (before !== undefined && folded !== undefined) editor.replace([before, node], [folded])
      else if (rank === 4) editor.replace([node], [alone(editor, node, affine)])
    }
    return editor.result()
  },
}

/** A Gemm in the form of the pass normalise-gemm: weights [outputs, inputs], without alpha and beta. */
function isNormalGemm(node: Node | undefined): boolean {
  return node?.op === 'Gemm' && Object.keys(node.attributes).join() === 'transB' && node.inputs.length === 3
}

type Affine = ReturnType<typeof channelAffine>

/** The layer with the scale and offset of its outputs folded in; undefined if its weights are not constant. */
function scaled(editor: GraphEditor, conv: Node, norm: Node, { factor, offset }: Affine): Node | undefined {
  const weights = editor.constant(conv.inputs[1])
  const bias = conv.inputs[2] ? editor.constant(conv.inputs[2]) : undefined
  if (weights === undefined || (conv.inputs[2] && bias === undefined)) return undefined
  const perOutput = weights.size / factor.length
  const data = new Float32Array(weights.size)
  for (let output = 0, at = 0; output < factor.length; output++)
    for (const end = at + perOutput, own = factor[output]!; at < end; at++) data[at] = weights.data[at]! * own
  const shift = Float32Array.from(factor, (value, m) => (bias?.data[m] ?? 0) * value + offset[m]!)
  const [weightName, biasName] = define(editor, conv.name, tensor(data, weights.shape), shift)
  return { ...conv, inputs: [elementAt(conv.inputs, 0), weightName, biasName], outputs: norm.outputs }
}

function alone(editor: GraphEditor, norm: Node, { factor, offset }: Affine): Node {
  const channels = factor.length
  const weights = tensor(Float32Array.from(factor), [channels, 1, 1, 1])
  const names = define(editor, norm.name, weights, Float32Array.from(offset))
  const attributes = { dilations: [1, 1], group: channels, kernel_shape: [1, 1], pads: [0, 0, 0, 0], strides: [1, 1] }
  return { ...norm, op: 'Conv', inputs: [elementAt(norm.inputs, 0), ...names], attributes }
}

function define(editor: GraphEditor, name: string, weights: Tensor, bias: Float32Array): [string, string] {
  return [
    editor.addConstant(`${name}.weight`, weights),
    editor.addConstant(`${name}.bias`, tensor(bias, [bias.length])),
  ]
}
