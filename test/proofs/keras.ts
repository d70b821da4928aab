// A Keras model in HDF5 as an ONNX graph: just the layers of MLPerf Tiny's ResNet-8, channels first, the closing softmax left out.

import * as hdf5 from 'jsfive'
import { elements } from '../../base/defined.ts'
import { GraphBuilder } from '../../compiler/graph/builder.ts'
import type { Graph } from '../../compiler/graph/graph.ts'
import { tensorOf } from '../../compiler/graph/tensor.ts'

/** What is read of a layer's description. */
interface Layer {
  readonly class_name: string
  readonly name: string
  readonly config: Readonly<Record<string, unknown>>
  readonly inbound_nodes: readonly (readonly (readonly [string, ...unknown[]])[])[]
}

interface Weights {
  readonly shape: readonly number[]
  readonly value: ArrayLike<number>
}

/** Reads the model. @throws Error naming a layer that is not known here */
export function kerasToGraph(bytes: Uint8Array, name: string): Graph {
  const file = new hdf5.File(bytes.slice().buffer, name)
  const { config } = JSON.parse(String(file.attrs['model_config'])) as { config: { layers: Layer[] } }
  const builder = new GraphBuilder(name, 13)
  const values = new Map<string, string>()
  let last = ''
  for (const layer of config.layers) {
    const inputs = (layer.inbound_nodes[0] ?? []).map(([from]) => values.get(from)!)
    last = addLayer(
      builder,
      layer,
      inputs,
      (weight) => file.get(`model_weights/${layer.name}/${layer.name}/${weight}:0`) as Weights,
    )
    values.set(layer.name, last)
  }
  return builder.build([last])
}

function addLayer(
  builder: GraphBuilder,
  { class_name: kind, name, config }: Layer,
  inputs: readonly string[],
  weights: (name: string) => Weights,
): string {
  const constant = (weight: string): string => {
    const { value, shape } = weights(weight)
    return builder.constant(`${name}.${weight}`, tensorOf('float32', value, shape))
  }
  switch (kind) {
    case 'InputLayer': {
      const [, height, width, channels] = elements(config['batch_input_shape'] as number[], 4)
      return builder.input(name, [1, channels, height, width])
    }
    case 'Conv2D': {
      const kernel = builder.constant(`${name}.kernel`, outputsFirst(weights('kernel')))
      const attributes = {
        strides: config['strides'] as number[],
        auto_pad: config['padding'] === 'same' ? 'SAME_UPPER' : 'VALID',
      }
      return activated(builder.node('Conv', [inputs[0]!, kernel, constant('bias')], attributes, { name }))
    }
    case 'BatchNormalization': {
      const parameters = ['gamma', 'beta', 'moving_mean', 'moving_variance'].map(constant)
      return builder.node(
        'BatchNormalization',
        [inputs[0]!, ...parameters],
        { epsilon: config['epsilon'] as number },
        { name },
      )
    }
    case 'Activation':
      return activated(inputs[0]!)
    case 'Add':
      return builder.node('Add', inputs, {}, { name })
    case 'AveragePooling2D':
      return builder.node(
        'AveragePool',
        inputs,
        { kernel_shape: config['pool_size'] as number[], strides: config['strides'] as number[] },
        { name },
      )
    case 'Flatten':
      // One pixel is left: the order of channels and pixels does not matter.
      return builder.node('Flatten', inputs, { axis: 1 }, { name })
    case 'Dense':
      return activated(builder.node('Gemm', [inputs[0]!, constant('kernel'), constant('bias')], {}, { name }))
    default:
      throw new Error(`layer '${name}' is a ${kind}`)
  }

  function activated(value: string): string {
    const activation = config['activation']
    if (activation === 'relu') return builder.node('Relu', [value], {}, { name: `${name}.relu` })
    if (activation === 'linear' || activation === 'softmax') return value
    throw new Error(`layer '${name}' has the activation ${String(activation)}`)
  }
}

/** Keras stores kernels as [rows, columns, inputs, outputs], ONNX as [outputs, inputs, rows, columns]. */
function outputsFirst({ shape, value }: Weights) {
  const [rows, columns, inputs, outputs] = elements(shape, 4)
  const data = new Float32Array(value.length)
  let at = 0
  for (let output = 0; output < outputs; output++)
    for (let input = 0; input < inputs; input++)
      for (let place = 0; place < rows * columns; place++)
        data[at++] = value[(place * inputs + input) * outputs + output]!
  return tensorOf('float32', data, [outputs, inputs, rows, columns])
}
