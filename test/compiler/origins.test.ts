// Messages name parts of the file: every node and value that any refusal names exists in the file.
import { describe, expect, test } from 'vitest'
import { compile } from '../../compiler/compile.ts'
import type { Graph } from '../../compiler/graph/graph.ts'
import { Origins } from '../../compiler/graph/origins.ts'
import { writeOnnx } from '../../compiler/onnx/write.ts'
import { DlpError } from '../../base/error.ts'
import { machines, type Machine } from '../../isa/model/machine.ts'
import { buildCase } from '../support/operator-cases.ts'
import { operatorCases } from '../support/operator-list.ts'
import { bytesOf, functionDomain, node, noise, type ModelText } from '../support/onnx-model.ts'
import * as quantised from '../support/quantised-models.ts'

/** Machines that refuse nearly every model, each at another stage. */
const small: readonly Machine[] = [
  { ...machines.tiny, featureWords: 16 },
  { ...machines.tiny, weightBeats: 16, instructionWords: 16 },
  {
    ...machines.tiny,
    limits: { geometries: 1, taps: 2, bankSide: false, laneSums: false, fieldBits: { positions: 2 } },
  },
]

function refusalOf(bytes: Uint8Array, machine: Machine): string | undefined {
  try {
    compile(bytes, { name: 'model', machine })
    return undefined
  } catch (error) {
    if (error instanceof DlpError) return error.message
    throw error
  }
}

/** The names of nodes and values in a message. */
const namesIn = (message: string): string[] =>
  [...message.matchAll(/\b(?:node|layer|value|map|constant|input|output|makes|of|in|the|need|:) '([^']*)'/g)]
    .filter(({ 0: text }) => !/allowed: '|^of '.*' need/.test(text))
    .map(([, name]) => name!)

const namesOfGraph = ({ nodes, inputs, constants, outputs }: Graph): Set<string> =>
  new Set([
    ...nodes.flatMap((each) => [each.name, ...each.inputs, ...each.outputs]),
    ...[...inputs, ...outputs].map(({ name }) => name),
    ...constants.keys(),
  ])

/** Gives nodes names that no pass creates, or no names. */
const named = (graph: Graph, prefix: string): Graph => ({
  ...graph,
  nodes: graph.nodes.map((each, at) => ({ ...each, name: prefix === '' ? '' : `${prefix}${at}` })),
})

describe('a refusal names nodes and values of the file', () => {
  const models: readonly (readonly [string, Graph])[] = [
    ...operatorCases.map((each) => [each.name, buildCase(each)] as const),
    ...Object.entries({
      brevitas: quantised.brevitasModel(),
      qkeras: quantised.qkerasModel(),
      binary: quantised.binaryModel(),
      trunc: quantised.truncModel(1),
      clipped: quantised.clippedPairsModel(),
      products: quantised.integerProductsModel(),
      concatenation: quantised.concatenationModel(),
      pixels: quantised.joinedPixelsModel(),
      blocks: quantised.twoBitModel(true),
      weights: quantised.brokenModel('float weights'),
      input: quantised.brokenModel('float input'),
      map: quantised.brokenModel('float map'),
    }),
  ]

  test.each(['', 'mine/'])('of models of every operator and format, nodes named %j', (prefix) => {
    const strangers: string[] = []
    let refused = 0
    for (const [name, graph] of models) {
      const file = named(graph, prefix)
      const own = namesOfGraph(file)
      own.delete('')
      const bytes = writeOnnx(file)
      for (const machine of prefix === '' ? small : small.slice(0, 1)) {
        const message = refusalOf(bytes, machine)
        if (message === undefined) continue
        refused++
        const unknown = namesIn(message).filter((each) => !own.has(each))
        if (unknown.length > 0) strangers.push(`${name}: ${unknown.join(', ')} in ${message}`)
      }
    }
    expect(strangers).toEqual([])
    expect(refused).toBeGreaterThan(models.length / 2)
  })
})

describe('a node that a pass or a function created', () => {
  const softmax: ModelText = {
    opset: 11,
    inputs: { x: [1, 2, 3, 3] },
    outputs: ['y'],
    constants: { w: noise(1, 2, 2, 1, 1) },
    nodes: [node('Conv', 'c', 'x w'), node('Softmax', 's', 'c', { axis: 2 }), node('Relu', 'y', 's')],
  }

  test('has the name of the node of the file', () => {
    expect(refusalOf(bytesOf(softmax), machines.edge)).toMatch(/^a value in node 'n_s' \(Softmax\): /)
  })

  const calling: ModelText = {
    opset: 17,
    inputs: { x: [1, 2, 3, 3] },
    outputs: ['y'],
    constants: { w: noise(1, 2, 2, 1, 1) },
    functions: [{ name: 'Block', inputs: ['a'], outputs: ['b'], nodes: [node('Sin', 'b', 'a')] }],
    nodes: [node('Conv', 'c', 'x w'), node(`${functionDomain}::Block`, 'y', 'c')],
  }

  test('in a function has the name of the call', () => {
    const message = refusalOf(bytesOf(calling), machines.edge) ?? ''
    expect(namesIn(message).every((name) => ['x', 'c', 'y', 'w', 'n_c', 'n_y'].includes(name))).toBe(true)
    expect(message).toMatch(/^node 'n_y'.*Sin/)
  })
})

describe('the translation to names of the file', () => {
  const origins = new Origins(['x', 'y', "it's", 'a.b'])
  origins.addNode('conv', { name: 'conv', op: 'Conv', output: 'y' })
  origins.addNode('Relu_1', { op: 'Relu', output: 'y' })
  const made = { op: 'Reshape', inputs: ['rows', 'conv.shape'], outputs: ['y'], attributes: {}, name: 'conv.rows' }
  origins.addRewritten([made], { ...made, name: 'conv', op: 'Conv', inputs: ['x'] })
  origins.addValue('x.channels_last', 'x')

  test.each([
    ["node 'conv.rows' (Reshape): no", "node 'conv' (Conv, rewritten as Reshape): no"],
    ["node 'conv' (Conv): no", "node 'conv' (Conv): no"],
    ["node 'Relu_1' (Relu): no", "the node with the output 'y' (Relu): no"],
    ["layer 'Relu_1': no", "layer 'y': no"],
    ["value 'rows': no", "a value in node 'conv' (Conv): no"],
    ["value 'x.channels_last' and 'x'", "value 'x' and 'x'"],
    [
      "layer 'x@1': the maps alive at layer 'x@1' need",
      "the relayout of 'x': the maps alive at the relayout of 'x' need",
    ],
    ["map 'it's' and map 'a.b.scale'", "map 'it's' and map 'a.b'"],
    ["constant 'conv.weight': 3", "a constant in node 'conv' (Conv): 3"],
    ["machine 'mine' and 'shape' is a constant, model 'x'", "machine 'mine' and 'shape' is a constant, model 'x'"],
    ["allowed: 'shape' is a constant", "allowed: 'shape' is a constant"],
    ["node 'conv' (Conv, rewritten as Reshape): no", "node 'conv' (Conv, rewritten as Reshape): no"],
  ])('%s', (text, expected) => {
    expect(origins.translate(text)).toBe(expected)
    // An outer action translates it again.
    expect(origins.translate(expected)).toBe(expected)
  })

  test('takes little time for names that consist of quotation marks', () => {
    const text = `graph '${"_'".repeat(20_000)}': value '${"_'".repeat(20_000)}': no`
    expect(origins.translate(text)).toBe(text)
  })
})
