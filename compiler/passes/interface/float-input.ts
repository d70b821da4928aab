// Changes an integer input that is only cast to float32 to a float32 input.

import { numberOf } from '../../graph/attributes.ts'
import { consumers, type Value } from '../../graph/graph.ts'
import type { InterfaceRewrite } from './interface-rewrite.ts'

/** ONNX's number of the type. */
const float32 = 1

export const floatInput: InterfaceRewrite = {
  name: 'float-input',
  why: 'the values are the same, and the host quantises them like all others',
  run: (graph) => {
    const readers = consumers(graph)
    const isCast = ({ name, elementType }: Value) =>
      elementType !== 'float32' &&
      readers.get(name)?.every((node) => node.op === 'Cast' && numberOf(node, 'to', 0) === float32) === true
    const cast = graph.inputs.filter(isCast)
    if (cast.length === 0) return graph
    return {
      ...graph,
      inputs: graph.inputs.map((input) => (cast.includes(input) ? { ...input, elementType: 'float32' } : input)),
      warnings: [
        ...graph.warnings,
        ...cast.map(
          ({ name, elementType }) => `input '${name}' is ${elementType} in the model; the program takes floats`,
        ),
      ],
    }
  },
}
