// Rewrites Max and Min with a constant scalar as Clip.

import { elementAt } from '../../base/defined.ts'
import type { Node } from '../graph/graph.ts'
import { tensorOf } from '../graph/tensor.ts'
import { GraphEditor } from './editor.ts'
import type { Pass } from './pass.ts'

export const boundsToClip: Pass = {
  name: 'bounds-to-clip',
  why: 'converters write ReLU6 and similar functions with Max and Min; one form of clamp is sufficient',
  rewrites: ['Max', 'Min'],
  run: (graph) => {
    const editor = new GraphEditor(graph)
    for (const node of graph.nodes) {
      const clip = node.op === 'Max' || node.op === 'Min' ? clipOf(editor, node) : undefined
      if (clip !== undefined) editor.replace([node], [clip])
    }
    return editor.result()
  },
}

function clipOf(editor: GraphEditor, node: Node): Node | undefined {
  const [value, ...others] = node.inputs.filter((name) => editor.constant(name) === undefined)
  const bounds = node.inputs.map((name) => editor.constant(name)).filter((value) => value !== undefined)
  const { shape, elementType } = editor.type(elementAt(node.outputs, 0))
  if (value === undefined) return undefined
  const isClip =
    others.length === 0 &&
    elementType === 'float32' &&
    bounds.every(({ size, data }) => size === 1 && !Number.isNaN(data[0])) &&
    editor.type(value).shape.join() === shape.join()
  if (!isClip) return undefined
  const least = node.op === 'Max'
  const all = bounds.map(({ data }) => elementAt(data, 0))
  const bound = least ? Math.max(...all) : Math.min(...all)
  const name = editor.addConstant(`${node.name}.bound`, tensorOf('float32', [bound], []))
  return { ...node, op: 'Clip', inputs: least ? [value, name] : [value, '', name], attributes: {} }
}
