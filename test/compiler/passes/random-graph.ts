// Random small networks that every pass can rewrite.

import fc from 'fast-check'
import { elements } from '../../../base/defined.ts'
import { GraphBuilder } from '../../../compiler/graph/builder.ts'
import { evaluateFloat } from '../../../compiler/graph/evaluate-float.ts'
import type { Attributes, Graph } from '../../../compiler/graph/graph.ts'
import { type Tensor, sizeOf, tensor, tensorOf } from '../../../compiler/graph/tensor.ts'
import { normal, random } from '../../../base/random.ts'

type Shape = readonly [batch: number, channels: number, rows: number, columns: number]

interface Feature {
  readonly value: string
  readonly shape: Shape
}

type Step = (build: Building, input: Feature) => Feature

/** A graph under construction with a source of weights. */
export class Building {
  readonly graph = new GraphBuilder('random', 13)
  readonly #uniform: () => number

  constructor(seed: number) {
    this.#uniform = random(seed)
  }

  choice(count: number): number {
    return Math.floor(this.#uniform() * count)
  }

  floats(shape: readonly number[], least = -Infinity): string {
    const draw = () => Math.max(normal(this.#uniform) * 0.5, least)
    const data = Float32Array.from({ length: sizeOf(shape) }, draw)
    return this.graph.constant(`w${this.choice(1e9)}_${data.length}`, tensor(data, shape))
  }

  integers(...list: readonly number[]): string {
    return this.graph.node('Constant', [], { value: tensorOf('int64', list, [list.length]) })
  }
}

const steps: readonly Step[] = [
  convolution,
  convolution,
  convolution,
  (build, { value, shape }) => {
    const inputs = [0, 0, 0].map(() => build.floats([shape[1]]))
    const norm = [value, ...inputs, build.floats([shape[1]], 0.1)]
    return { value: build.graph.node('BatchNormalization', norm, { epsilon: 0.01 }), shape }
  },
  (build, { value, shape }) => ({ value: build.graph.node('Relu', [value]), shape }),
  (build, { value, shape }) => ({
    value: build.graph.node('Clip', [value], build.choice(2) === 0 ? { min: 0 } : {}),
    shape,
  }),
  (build, { value, shape }) => ({ value: build.graph.node('Dropout', [value]), shape }),
  (build, { value, shape }) => ({ value: build.graph.node('Identity', [value]), shape }),
  (build, { value, shape }) => {
    const op = ['Add', 'Sub', 'Mul', 'Div'][build.choice(4)]!
    const constant = build.floats(
      [[shape[1], 1, 1], [1, shape[1], 1, 1], []][build.choice(3)]!,
      op === 'Div' ? 0.2 : undefined,
    )
    const inputs = build.choice(2) === 0 || op === 'Div' ? [value, constant] : [constant, value]
    return { value: build.graph.node(op, inputs), shape }
  },
  (build, input) => {
    const { shape } = input
    const [channels, rows, columns] = [build.choice(2), build.choice(2), build.choice(3)]
    const value = build.graph.node('Pad', [
      input.value,
      build.integers(0, 0, rows, columns, 0, channels, columns, rows),
    ])
    const padded: Feature = {
      value,
      shape: [shape[0], shape[1] + channels, shape[2] + rows + columns, shape[3] + rows + columns],
    }
    return build.choice(2) === 0 ? padded : convolution(build, padded)
  },
  (build, { value, shape }) => {
    const op = ['MaxPool', 'AveragePool'][build.choice(2)]!
    const counted: Attributes = op === 'AveragePool' && build.choice(2) === 0 ? { count_include_pad: 1 } : {}
    const attributes = {
      kernel_shape: [3, 3],
      ceil_mode: build.choice(2),
      pads: new Array<number>(4).fill(build.choice(2)),
    }
    return measured(build, op, value, shape, { ...attributes, ...counted })
  },
  (build, { value, shape }) => {
    const [axis, start, step] = [2 + build.choice(2), build.choice(2), 1 + build.choice(2)]
    const lists = [[start], [Number.MAX_SAFE_INTEGER], [axis], [step]].map((list) => build.integers(...list))
    const extent = Math.ceil((shape[axis]! - start) / step)
    return { value: build.graph.node('Slice', [value, ...lists]), shape: withExtent(shape, axis, extent) }
  },
  (build, { value, shape }) => {
    const axis = 1 + build.choice(3)
    const extent = shape[axis]!
    const count = extent - build.choice(Math.min(2, extent))
    const indices = build.integers(...Array.from({ length: count }, () => build.choice(2 * extent) - extent))
    const gathered = build.graph.node('Gather', [value, indices], { axis: axis - 4 * build.choice(2) })
    return { value: gathered, shape: withExtent(shape, axis, count) }
  },
  (build, { value, shape }) => {
    // A constant for each channel, expanded to the size of the map, in half of the cases by hand.
    const wide = build.graph.node('Expand', [build.floats([shape[1], 1, 1]), build.integers(...shape)])
    const written = tensor(new Float32Array(sizeOf(shape)).fill(0.5), shape)
    const other = build.choice(2) === 0 ? wide : build.graph.constant(`half${build.choice(1e9)}`, written)
    return { value: build.graph.node(['Add', 'Mul'][build.choice(2)]!, [value, other]), shape }
  },
  (build, { value, shape }) => {
    const twice = build.graph.node('Tile', [value, build.integers(1, 2, 1, 1)])
    return { value: twice, shape: [shape[0], 2 * shape[1], shape[2], shape[3]] }
  },
  (build, { value, shape }) => {
    const [channels, rows, columns] = [build.choice(2), -build.choice(2), -build.choice(2)]
    const cut = build.graph.node('Pad', [value, build.integers(0, 0, 1, 0, 0, channels, rows, columns)])
    return { value: cut, shape: [shape[0], shape[1] + channels, shape[2] + 1 + rows, shape[3] + columns] }
  },
  (build, { value, shape }) => ({ value: build.graph.node('Transpose', [value], { perm: [0, 1, 2, 3] }), shape }),
  channelsLast,
  channelsLast,
  (build, { value, shape }) => {
    const relu = build.graph.node('Relu', [value])
    return { value: build.graph.node('Sum', [value, relu, build.floats([shape[1], 1, 1])]), shape }
  },
  (build, { value, shape }) => {
    const bound = build.floats([])
    return { value: build.graph.node(['Max', 'Min'][build.choice(2)]!, [bound, value]), shape }
  },
  (build, { value, shape }) => {
    const first = build.choice(shape[1] + 1)
    const outputs = [0, 1].map((part) => `part${build.choice(1e9)}_${part}`)
    build.graph.node('Split', [value, build.integers(first, shape[1] - first)], { axis: 1 }, { outputs })
    return { value: build.graph.node('Concat', [...outputs].reverse(), { axis: 1 }), shape }
  },
]

/** The shape with another extent along one axis. */
function withExtent(shape: Shape, axis: number, extent: number): Shape {
  const [batch, channels, rows, columns] = elements(shape.with(axis, extent), 4)
  return [batch, channels, rows, columns]
}

/** An operator between transposes to channels last and back, as converters of channels-last networks write it. */
function channelsLast(build: Building, { value, shape }: Feature): Feature {
  const [batch, channels, rows, columns] = shape
  const last = build.graph.node('Transpose', [value], { perm: [0, 2, 3, 1] })
  const back = (inner: string, extents: Shape): Feature => ({
    value: build.graph.node('Transpose', [inner], { perm: [0, 3, 1, 2] }),
    shape: extents,
  })
  switch (build.choice(6)) {
    case 0:
      return back(build.graph.node('Mul', [build.floats([channels]), last]), shape)
    case 1:
      return back(build.graph.node('Pad', [last, build.integers(0, 1, 0, 0, 0, 0, 2, 0)]), [
        batch,
        channels,
        rows + 1,
        columns + 2,
      ])
    case 2: {
      const lists = [[1], [-1], [2]].map((list) => build.integers(...list))
      return back(build.graph.node('Slice', [last, ...lists]), [batch, channels, rows, columns - 2])
    }
    case 3:
      return back(build.graph.node('Concat', [last, build.graph.node('Relu', [last])], { axis: -1 }), [
        batch,
        2 * channels,
        rows,
        columns,
      ])
    case 4:
      return back(last, shape)
    default:
      return back(build.graph.node('Relu', [last]), shape)
  }
}

/** A network of a few random steps, a residual sum, and a head of one of eight kinds. */
export const randomGraph: fc.Arbitrary<Graph> = fc
  .tuple(fc.nat(), fc.array(fc.nat({ max: steps.length - 1 }), { minLength: 1, maxLength: 7 }), fc.nat({ max: 7 }))
  .map(([seed, chosen, head]) => build(seed, chosen, head))

/** The outputs of a graph on noise. */
export function outputsOn(graph: Graph, seed = 1): Tensor[] {
  const uniform = random(seed)
  const noise = (shape: readonly number[]) =>
    tensor(
      Float32Array.from({ length: sizeOf(shape) }, () => normal(uniform)),
      shape,
    )
  const inputs = new Map(graph.inputs.map(({ name, shape }) => [name, noise(shape)]))
  const outputs = evaluateFloat(graph, inputs)
  return graph.outputs.map(({ name }) => outputs.get(name) as Tensor)
}

function build(seed: number, chosen: readonly number[], head: number): Graph {
  const building = new Building(seed)
  const shape: Shape = [1, 2, 9, 9]
  let feature: Feature = { value: building.graph.input('x', shape), shape }
  for (const index of chosen) {
    const next = steps[index]!(building, feature)
    // Small maps are not reduced further, so that windows and slices always fit.
    feature = next.shape[2] >= 5 && next.shape[3] >= 5 ? next : feature
  }
  const branch = convolution(building, feature, feature.shape[1])
  const sum = building.graph.node('Add', [branch.value, feature.value])
  return building.graph.build([headOf(building, { ...feature, value: sum }, head)])
}

function headOf(build: Building, { value, shape }: Feature, kind: number): string {
  const channels = shape[1]
  if (kind === 0) return value
  // Softmax as defined in older operator sets: all axes from `axis` on are one vector.
  if (kind === 7) {
    const pooled = build.graph.node('GlobalAveragePool', [value])
    const shares = build.graph.node('Softmax', [build.graph.node('Flatten', [pooled])], { axis: -1 })
    return build.graph.node('Reshape', [shares, build.integers(1, -1, 1, 1)])
  }
  const means = {
    1: () => build.graph.node('ReduceMean', [value], { axes: [2, 3], keepdims: 0 }),
    2: () => build.graph.node('Flatten', [build.graph.node('AveragePool', [value], { kernel_shape: shape.slice(2) })]),
    3: () => build.graph.node('Reshape', [build.graph.node('GlobalAveragePool', [value]), build.integers(1, -1)]),
    4: () =>
      build.graph.node('Flatten', [
        build.graph.node('Reshape', [build.graph.node('GlobalMaxPool', [value]), build.integers(1, 1, -1)]),
      ]),
    5: () => build.graph.node('Reshape', [last(), build.integers(1, -1)]),
    6: () =>
      build.graph.node('Squeeze', [build.graph.node('ReduceMean', [last()], { axes: [1, 2] }), build.integers(1, 2)]),
  }
  const last = () => build.graph.node('Transpose', [value], { perm: [0, 2, 3, 1] })
  const flat = means[kind as keyof typeof means]()
  if (kind === 5) {
    const gemm = build.graph.node('Gemm', [flat, build.floats([4, channels * shape[2] * shape[3]])], { transB: 1 })
    const inputs = [0, 0, 0].map(() => build.floats([4]))
    return build.graph.node('BatchNormalization', [gemm, ...inputs, build.floats([4], 0.1)])
  }
  if (kind === 1 || kind === 6) {
    const product = build.graph.node('MatMul', [flat, build.floats([channels, 4])])
    return build.graph.node('Add', [build.floats([4]), product])
  }
  const attributes: Attributes = kind === 2 ? { alpha: 0.5, beta: 2 } : { transB: 1 }
  const weights = build.floats(kind === 2 ? [channels, 4] : [4, channels])
  return build.graph.node('Gemm', [flat, weights, ...(kind === 2 ? [build.floats([1, 4])] : [])], attributes)
}

function convolution(build: Building, { value, shape }: Feature, outputs = 1 + build.choice(3)): Feature {
  const weights = build.floats([outputs, shape[1], 3, 3])
  const bias = build.choice(2) === 0 ? [build.floats([outputs])] : []
  const padding: Attributes = build.choice(2) === 0 ? { pads: [1, 1, 1, 1] } : { auto_pad: 'SAME_LOWER' }
  const node = build.graph.node('Conv', [value, weights, ...bias], padding)
  return { value: node, shape: [shape[0], outputs, shape[2], shape[3]] }
}

/** Adds a node; its shape is inferred. */
function measured(build: Building, op: string, value: string, shape: Shape, attributes: Attributes): Feature {
  const pad = (attributes['pads'] as number[])[0]!
  const extent = (size: number) => size + 2 * pad - 2
  return {
    value: build.graph.node(op, [value], attributes),
    shape: [shape[0], shape[1], extent(shape[2]), extent(shape[3])],
  }
}
