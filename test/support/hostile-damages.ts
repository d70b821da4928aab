// Damage to the contents of a model: cycles, lost and duplicate names, sizes, types, paths, functions, attributes and constants.

import { create } from '@bufbuild/protobuf'
import { elements } from '../../base/defined.ts'
import { tensorOf } from '../../compiler/graph/tensor.ts'
import {
  type AttributeProto,
  AttributeProtoSchema,
  type GraphProto,
  type ModelProto,
  type NodeProto,
  OperatorSetIdProtoSchema,
  StringStringEntryProtoSchema,
  type TensorProto,
} from '../../compiler/onnx/generated/onnx_pb.ts'
import { writeTensor } from '../../compiler/onnx/write.ts'
import { operators } from '../../compiler/graph/operators.ts'
import type { RandomChoices } from './hostile-models.ts'
import { functionDomain, modelOf, node } from './onnx-model.ts'

type Damage = (model: ModelProto, draw: RandomChoices) => void

const extremes = [0n, -1n, 1n, 2n, 7n, 255n, 4097n, 2n ** 20n, 2n ** 28n, 2n ** 31n - 1n, 2n ** 31n, 2n ** 53n, 2n ** 62n, 2n ** 63n - 1n, -(2n ** 63n)] // prettier-ignore
const strangeNames = ['', '__proto__', 'constructor', 'toString', 'x', 'y', '\0', '../x', 'é'.repeat(50), 'n'.repeat(100_000)] // prettier-ignore
const locations = ['../secret.bin', '/etc/hostname', 'link.bin', 'a/../../secret.bin', 'pipe', 'folder', '', '.', 'missing.bin', 'C:\\x', 'weights.bin', 'weights.bin', '\0', 'l'.repeat(5000)] // prettier-ignore

/** Damages that cause growth or large magnitudes; a separate table, so that the seeds of the other table keep their models. */
export const growths: Readonly<Record<string, Damage>> = {
  'a long chain before the output': on(({ graph, nodes }, { one, below }) => {
    const op = one(['Relu', 'Identity', 'Clip', 'Dropout', 'Abs'])
    const count = one([500, 4000])
    const from = graph.output[0]!.name
    for (let at = 0; at < count; at++) nodes.push(node(op, `behind${at + 1}`, at === 0 ? from : `behind${at}`))
    if (below(4) > 0) graph.output[0]!.name = `behind${count}`
  }),
  'a fan': on(({ graph, nodes }, { one }) => {
    const [op, join] = [one(['Relu', 'Identity', 'Neg']), one(['Concat', 'Sum', 'Max', 'Add'])]
    const from = graph.output[0]!.name
    const count = one([20, 300, 999, 2500])
    for (let at = 0; at < count; at++) nodes.push(node(op, `fan${at}`, from))
    const all = Array.from({ length: count }, (_, at) => `fan${at}`)
    if (join !== 'Add') nodes.push(node(join, 'fan', all.join(' '), join === 'Concat' ? { axis: 1 } : {}))
    else
      for (let at = 1; at < count; at++)
        nodes.push(node('Add', `added${at}`, `${at === 1 ? 'fan0' : `added${at - 1}`} fan${at}`))
    graph.output[0]!.name = join === 'Add' ? `added${count - 1}` : 'fan'
  }),
  'constants that nobody reads': on(({ nodes }, { one }) => {
    const value = tensorOf('float32', [1], [1])
    for (let count = one([100, 4000]), at = 0; at < count; at++)
      nodes.push(node('Constant', `unread${at}`, '', { value }))
  }),
  'another magnitude of a constant': on(({ graph }, { one }) => {
    const floats = graph.initializer.filter(({ dataType, rawData }) => dataType === 1 && rawData.length > 0)
    if (floats.length === 0) return
    const constant = one(floats)
    const factor = one([1e38, 1e30, 1e19, 1e-19, 1e-30, 1e-38, 1e-44, -1])
    const values = new Float32Array(constant.rawData.slice().buffer)
    constant.rawData = new Uint8Array(values.map((value) => value * factor).buffer)
  }),
}

/** Damages by name; each changes the model in place. */
export const damages: Readonly<Record<string, Damage>> = {
  'a cycle': on(({ nodes }, { one }) => redirect(one(nodes), one, one(one(nodes).output))),
  'an input of nowhere': on(({ nodes }, { one }) => redirect(one(nodes), one, one(['nowhere', ...strangeNames]))),
  'an input of elsewhere': on(({ nodes, graph }, draw) => redirect(draw.one(nodes), draw.one, draw.one(names(graph)))),
  'an initializer lost': on(({ graph }, { below }) => graph.initializer.splice(below(graph.initializer.length), 1)),
  'an initializer doubled': on(({ graph }, { one }) => graph.initializer.push(one(graph.initializer))),
  'a node lost': on(({ nodes }, { below }) => nodes.splice(below(nodes.length), 1)),
  'a node doubled': on(({ nodes }, { one, below }) => nodes.splice(below(nodes.length), 0, one(nodes))),
  'nodes swapped': on(({ nodes }, { below }) => {
    const [a, b] = [below(nodes.length), below(nodes.length)]
    ;[nodes[a], nodes[b]] = [nodes[b]!, nodes[a]!]
  }),
  'a strange name': on(({ nodes, graph }, { one, below }) => {
    const named = one([...nodes, ...graph.initializer, ...graph.input])
    if ('output' in named && below(2) === 0) named.output[0] = one(strangeNames)
    else named.name = one(strangeNames)
  }),
  'an output renamed': on(({ nodes, graph }, { one }) => (one(nodes).output[0] = one(names(graph)))),
  'inputs added': on(({ nodes, graph }, { one, below }) => {
    const at = one(nodes)
    for (let count = below(2) === 0 ? 1 : 2000; count > 0; count--) at.input.push(one(['', ...names(graph)]))
  }),
  'inputs taken away': on(({ nodes }, { one, below }) => {
    const { input } = one(nodes)
    input.length = below(input.length + 1)
  }),
  'another operator': on(
    ({ nodes }, { one }) => (one(nodes).opType = one([...Object.keys(operators), 'If', 'Loop', 'constructor'])),
  ),
  'another domain': on(
    ({ nodes }, { one }) => (one(nodes).domain = one(['com.microsoft', 'ai.onnx', functionDomain, '__proto__'])),
  ),
  'another operator set': (model, { one }) => {
    model.opsetImport = one([[6], [7], [9], [12], [13], [20], [26], [27], [2 ** 40], [], [13, 13]]).map((version) =>
      create(OperatorSetIdProtoSchema, { domain: '', version: BigInt(version) }),
    )
  },
  'extents of a constant': on(({ graph }, draw) => extents(draw.one(graph.initializer), draw)),
  'another type of a constant': on(({ graph }, { one, below }) => (one(graph.initializer).dataType = below(28))),
  'values that are no numbers': on(({ graph }, { one }) => {
    const constant = one(graph.initializer)
    const { rawData, dims } = constant
    const value = one([NaN, Infinity, -Infinity, 3e38, 1e-45, -0])
    if (rawData.length === 4 * Number(dims.reduce((size, extent) => size * extent, 1n)))
      constant.rawData = new Uint8Array(new Float32Array(rawData.length / 4).fill(value).buffer)
  }),
  'whole numbers of a constant': on(({ graph }, { one, below }) => {
    const lists = graph.initializer.filter(({ dataType }) => dataType === 7)
    if (lists.length === 0) return
    const { rawData } = one(lists)
    if (rawData.length >= 8)
      new DataView(rawData.buffer, rawData.byteOffset, rawData.byteLength).setBigInt64(
        8 * below(rawData.length / 8),
        one(extremes),
        true,
      )
  }),
  'data in another file': on(({ graph }, { one }) => {
    const constant = one(graph.initializer)
    const length = one(['0', '4', '8', String(constant.rawData.length), '-1', '1e3', '9'.repeat(30), '99999999999'])
    const entries = [
      ['location', one(locations)],
      ['offset', one(['0', '0', '4', '-1', '4294967296', 'x'])],
      ['length', length],
    ]
    constant.externalData = entries.map(([key, value]) => create(StringStringEntryProtoSchema, { key, value }))
    Object.assign(constant, { dataLocation: 1, rawData: new Uint8Array() })
  }),
  'extents of an input': on(({ graph }, { one, below }) => {
    const type = one(graph.input).type?.value
    const dim = type?.case === 'tensorType' ? type.value.shape?.dim : undefined
    if (dim === undefined || dim.length === 0) return
    const at = below(dim.length)
    if (below(4) === 0) dim.splice(at, below(2))
    else dim[at]!.value = below(4) === 0 ? { case: 'dimParam', value: 'N' } : { case: 'dimValue', value: one(extremes) }
  }),
  'an attribute changed': on(({ nodes }, draw) => attributeChanged(nodes, draw)),
  'an attribute changed twice': on(({ nodes }, draw) => [attributeChanged(nodes, draw), attributeChanged(nodes, draw)]),
  'an attribute lost': on(({ nodes }, { one, below }) => {
    const { attribute } = one(nodes.filter((each) => each.attribute.length > 0))
    attribute.splice(below(attribute.length), 1)
  }),
  'an attribute added': on(({ nodes }, { one, below }) => {
    const name = one(['axes', 'axis', 'pads', 'perm', 'value', 'to', 'kernel_shape', 'group', '__proto__', 'mode'])
    const attribute = create(AttributeProtoSchema, {
      name,
      type: 1 + below(12),
      i: one(extremes),
      ints: [one(extremes)],
    })
    one(nodes).attribute.push(attribute)
  }),
  'a huge list of an attribute': on(({ nodes }, { one, below }) => {
    const ints = new Array<bigint>(200_000).fill(BigInt(below(3)))
    one(nodes).attribute.push(
      create(AttributeProtoSchema, { name: one(['axes', 'pads', 'split', 'value_ints']), type: 7, ints }),
    )
  }),
  'a sub-graph': on(({ nodes }, { one }) =>
    one(nodes).attribute.push(
      create(AttributeProtoSchema, { name: 'body', type: 5, g: Uint8Array.of(0x0a, 0xff, 0x01) }),
    ),
  ),
  'a function that calls itself': (model) => addFunctions(model, [['F', ['F']]]),
  'functions that call each other': (model) =>
    addFunctions(model, [
      ['F', ['G']],
      ['G', ['F']],
    ]),
  'functions that double': (model, { below }) => {
    const count = 5 + below(30)
    addFunctions(
      model,
      Array.from({ length: count }, (_, at) => [
        at === 0 ? 'F' : `F${at}`,
        at === count - 1 ? [] : [`F${at + 1}`, `F${at + 1}`],
      ]),
    )
  },
  'functions nested deeply': (model, { one }) => {
    const count = one([10, 63, 100, 3000])
    addFunctions(
      model,
      Array.from({ length: count }, (_, at) => [at === 0 ? 'F' : `F${at}`, at === count - 1 ? [] : [`F${at + 1}`]]),
    )
  },
  'a long chain': on(({ graph, nodes }, { one, below }) => {
    const op = one(['Identity', 'Relu', 'Exp', 'Transpose', 'Flatten', 'Unsqueeze'])
    const from = one(names(graph))
    for (let count = one([100, 2000]), at = 0; at < count; at++)
      nodes.push(node(op, `chain${at + 1}`, at === 0 ? from : `chain${at}`, op === 'Unsqueeze' ? { axes: [0] } : {}))
    if (below(2) === 0) graph.output[0]!.name = 'chain1'
  }),
  'a value that doubles': on(({ graph, nodes }, { one, below }) => {
    const op = one(['Concat', 'Add', 'MatMul'])
    const from = one(names(graph))
    for (let count = 10 + below(40), at = 0; at < count; at++) {
      const input = at === 0 ? from : `twice${at}`
      nodes.push(node(op, `twice${at + 1}`, `${input} ${input}`, op === 'Concat' ? { axis: 0 } : {}))
    }
  }),
  'a constant out of nothing': on(({ graph, nodes }, { one, below }) => {
    const shape = one([[2 ** 27], [2 ** 14, 2 ** 14], [2 ** 23], [2 ** 9, 2 ** 9], [1, 64, 300, 300], [2 ** 40], [-1]])
    graph.initializer.push(writeTensor(tensorOf('int64', shape, [shape.length]), 'grown.shape'))
    nodes.push(node('ConstantOfShape', 'grown', 'grown.shape'))
    const behind = one(['Exp', 'MatMul', 'Conv', 'Expand', 'ReduceSum', 'Transpose', 'MaxPool', 'Add', 'Pad'])
    const inputs = ['Exp', 'ReduceSum', 'Transpose', 'MaxPool'].includes(behind)
      ? 'grown'
      : `grown ${one(['grown', 'grown.shape'])}`
    nodes.push(node(behind, 'grown.more', inputs, behind === 'MaxPool' ? { kernel_shape: [200, 200] } : {}))
    if (below(2) === 0) graph.output[0]!.name = 'grown.more'
  }),
  'outputs of nowhere': on(({ graph }, { one, below }) => {
    if (below(3) === 0) graph.output.length = 0
    else one(graph.output).name = one(strangeNames)
  }),
}

interface Parts {
  readonly graph: GraphProto
  readonly nodes: NodeProto[]
}

/** A damage to the graph; without effect if the graph has nothing to damage. */
function on(damage: (parts: Parts, draw: RandomChoices) => unknown): Damage {
  return ({ graph }, draw) => {
    const isWhole = graph !== undefined && graph.node.some(({ attribute }) => attribute.length > 0)
    if (
      isWhole &&
      graph.initializer.length > 0 &&
      graph.output.length > 0 &&
      graph.node.every(({ output }) => output.length > 0)
    )
      damage({ graph, nodes: graph.node }, draw)
  }
}

function names({ initializer, node: nodes, input }: GraphProto): string[] {
  return [
    ...initializer.map(({ name }) => name),
    ...nodes.flatMap(({ output }) => output),
    ...input.map(({ name }) => name),
  ]
}

function redirect({ input }: NodeProto, one: RandomChoices['one'], name: string): void {
  if (input.length > 0) input[one([...input.keys()])] = name
}

function extents({ dims }: TensorProto, { one, below }: RandomChoices): void {
  const change = below(4)
  if (change === 0) dims.push(one([1n, 2n]))
  else if (change === 1) dims.pop()
  else if (change === 2 && dims.length > 0) dims[below(dims.length)] = one(extremes)
  else dims.reverse()
}

function attributeChanged(nodes: readonly NodeProto[], { one, below }: RandomChoices): void {
  const attribute: AttributeProto = one(one(nodes.filter((each) => each.attribute.length > 0)).attribute)
  const change = below(6)
  if (change === 0) attribute.type = below(14)
  else if (change === 1) attribute.refAttrName = 'other'
  else if (change === 2)
    attribute.s = one([new Uint8Array(), Uint8Array.of(0xff, 0xfe), new TextEncoder().encode('SAME_UPPER')])
  else if (change === 3) attribute.f = one([NaN, Infinity, 0, -1, 1e-40])
  else if (attribute.ints.length > 0) attribute.ints[below(attribute.ints.length)] = one(extremes)
  else attribute.i = one(extremes)
}

/** Functions of one value that call each other in a chain; the graph's first output is passed through the first of them. */
function addFunctions(model: ModelProto, calls: readonly (readonly [string, readonly string[]])[]): void {
  const { graph } = model
  if (graph === undefined || graph.output.length === 0) return
  const added = modelOf({
    opset: Number(model.opsetImport.find(({ domain }) => domain === '')?.version ?? 13n),
    inputs: {},
    outputs: [],
    nodes: [node('pkg.test::F', 'through.functions', graph.output[0]!.name === '' ? '_' : 'through.input')],
    functions: calls.map(([name, called]) => ({
      name,
      inputs: ['a'],
      outputs: ['b'],
      nodes:
        called.length === 0
          ? [node('Relu', 'b', 'a')]
          : called.map((each, at) =>
              node(`pkg.test::${each}`, at === called.length - 1 ? 'b' : `v${at}`, at === 0 ? 'a' : `v${at - 1}`),
            ),
    })),
  })
  const [call] = elements(added.graph?.node ?? [], 1)
  call.input = [graph.output[0]!.name]
  graph.node.push(call)
  graph.output[0]!.name = 'through.functions'
  model.functions.push(...added.functions)
  if (model.opsetImport.every(({ domain }) => domain !== functionDomain))
    model.opsetImport.push(create(OperatorSetIdProtoSchema, { domain: functionDomain, version: 1n }))
}
