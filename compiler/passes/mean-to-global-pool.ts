// Rewrites a mean over whole maps (ReduceMean, AveragePool) as GlobalAveragePool.

import { elements } from '../../base/defined.ts'
import type { Node } from '../graph/graph.ts'
import { numbersOf } from '../graph/attributes.ts'
import { reducedAxes } from '../graph/operators/reduce.ts'
import { windowOf } from '../graph/operators/window.ts'
import { GraphEditor } from './editor.ts'
import { flattened } from './max-to-pool.ts'
import type { Pass } from './pass.ts'

export const meanToGlobalPool: Pass = {
  name: 'mean-to-global-pool',
  why: 'the mean of a map has one form, although exporters use several operators',
  rewrites: ['ReduceMean'],
  run: (graph) => {
    const editor = new GraphEditor(graph)
    for (const node of graph.nodes) {
      if (node.op !== 'AveragePool' && node.op !== 'ReduceMean') continue
      const [input] = elements(node.inputs, 1)
      const { shape } = editor.type(input)
      if (shape.length !== 4) continue
      if (node.op === 'AveragePool' && coversMap(node, shape))
        editor.replace([node], [{ ...node, op: 'GlobalAveragePool', attributes: {} }])
      else if (node.op === 'ReduceMean' && reducedAxes(editor.call(node))?.join() === '2,3')
        editor.replace([node], flattened(editor, { ...node, op: 'GlobalAveragePool', inputs: [input], attributes: {} }))
    }
    return editor.result()
  },
}

function coversMap(node: Node, shape: readonly number[]): boolean {
  const { kernel, dilations, before, after, output } = windowOf(node, shape, numbersOf(node, 'kernel_shape') ?? [1, 1])
  const inside = [...before, ...after].every((pad) => pad === 0) && dilations.every((dilation) => dilation === 1)
  return inside && output.every((extent) => extent === 1) && kernel[0] === shape[2] && kernel[1] === shape[3]
}
