// If: replaced by the branch that is taken wherever its condition is static.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { elements } from '../../../base/defined.ts'
import { DlpError } from '../../../base/error.ts'
import { random } from '../../../base/random.ts'
import { evaluateFloat } from '../../../compiler/graph/evaluate-float.ts'
import type { Tensor } from '../../../compiler/graph/tensor.ts'
import { tensorOf } from '../../../compiler/graph/tensor.ts'
import { branchDepth } from '../../../compiler/onnx/branches.ts'
import type { NodeProto } from '../../../compiler/onnx/generated/onnx_pb.ts'
import { readOnnx } from '../../../compiler/onnx/read.ts'
import { simplify } from '../../../compiler/passes/simplify.ts'
import { type BranchText, bytesOf, int64, type ModelText, node, noise, scalar } from '../../support/onnx-model.ts'
import { damageBytes } from '../../support/hostile-bytes.ts'
import { relativeDifference, runModel } from '../runtime.ts'

const bool = (value: boolean) => tensorOf('bool', [value ? 1 : 0], [])
const read = (text: ModelText) => readOnnx(bytesOf(text), 'model.onnx')
const conditional = (output: string, condition: string, then: BranchText, otherwise: BranchText): NodeProto =>
  node('If', output, condition, { then_branch: { branch: then }, else_branch: { branch: otherwise } })

/** A random model of nested branches: each adds, scales or returns a value of any enclosing graph. */
const model = fc.integer({ min: 1, max: 2 ** 31 - 1 }).map((seed): ModelText => {
  let state = seed
  const draw = (count: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * count)
  }
  const constants: Record<string, Tensor> = {
    yes: bool(true),
    no: bool(false),
    zero: scalar(0),
    height: scalar(5),
    flag: tensorOf('bool', [draw(2)], [1]),
  }
  let count = 0
  const steps = (visible: readonly string[], depth: number): BranchText => {
    const nodes: NodeProto[] = []
    const own: Record<string, Tensor> = {}
    const known = [...visible]
    for (let left = 1 + draw(3); left > 0; left--) {
      const name = `v${count++}`
      const from = known[draw(known.length)]!
      const kind = draw(depth > 0 ? 5 : 3)
      if (kind === 0) nodes.push(node('Relu', name, from))
      else if (kind === 1) nodes.push(node('Add', name, `${from} ${known[draw(known.length)]}`))
      else if (kind === 2) {
        own[`k${name}`] = noise(count, 1, 2, 1, 1)
        nodes.push(node('Mul', name, `${from} k${name}`))
      } else {
        const conditions = ['yes', 'no', 'flag', 'computed']
        const [then, otherwise] = [steps(known, depth - 1), steps(known, depth - 1)]
        nodes.push(conditional(name, conditions[draw(conditions.length)]!, then, otherwise))
      }
      known.push(name)
    }
    // A branch may return a value of the enclosing graph; ONNX Runtime requires a node for that.
    const isHandedOn = depth < 3 && draw(4) === 0
    const output = isHandedOn ? `v${count++}` : known[known.length - 1]!
    if (isHandedOn) nodes.push(node('Identity', output, visible[draw(visible.length)]!))
    return { nodes, outputs: [output], constants: own }
  }
  const { nodes, outputs, constants: own } = steps(['x'], 3)
  const computed = [
    node('Shape', 'shape', 'x'),
    node('Gather', 'rows', `shape ${draw(2) === 0 ? 'two' : 'three'}`, { axis: 0 }),
    node('Equal', 'computed', 'rows height'),
  ]
  Object.assign(constants, own, { two: scalar(2), three: scalar(3) })
  return {
    opset: 16,
    inputs: { x: [1, 2, 5, 60] },
    outputs: ['y'],
    constants,
    nodes: [...computed, ...nodes, node('Abs', 'y', outputs[0]!)],
  }
})

describe('branches with static conditions', () => {
  it('nested, with values of enclosing graphs, compute what ONNX Runtime computes', async () => {
    await fc.assert(
      fc.asyncProperty(model, async (text) => {
        const file = bytesOf(text)
        const graph = readOnnx(file, 'model.onnx')
        const inputs = new Map([['x', noise(3, 1, 2, 5, 60)]])
        const expected = (await runModel(file, inputs)).get('y') as Tensor
        for (const each of [graph, simplify(graph)])
          expect(relativeDifference(evaluateFloat(each, inputs).get('y') as Tensor, expected)).toBeLessThan(1e-5)
      }),
      { numRuns: 30, seed: 2 },
    )
  })

  it.each([true, false])('are one of two: %s', (condition) => {
    const graph = read({
      opset: 13,
      inputs: { x: [1, 4] },
      outputs: ['y'],
      constants: { c: bool(condition) },
      nodes: [
        conditional(
          'y',
          'c',
          { nodes: [node('Relu', 'a', 'x')], outputs: ['a'] },
          { nodes: [node('Neg', 'a', 'x')], outputs: ['a'] },
        ),
      ],
    })
    expect(simplify(graph).nodes.map(({ op }) => op)).toEqual([condition ? 'Relu' : 'Neg'])
  })

  it('may be in functions and call functions, with the attributes of the function', async () => {
    const inner: BranchText = { nodes: [node('LeakyRelu', 'a', 'own', { alpha: { ref: 'slope' } })], outputs: ['a'] }
    const text: ModelText = {
      opset: 16,
      inputs: { x: [1, 4] },
      outputs: ['y'],
      constants: { c: bool(true) },
      functions: [
        {
          name: 'Leaky',
          inputs: ['v', 'c'],
          outputs: ['w'],
          attributes: ['slope'],
          nodes: [node('Neg', 'own', 'v'), conditional('w', 'c', inner, { nodes: [], outputs: ['own'] })],
        },
      ],
      nodes: [
        conditional(
          'y',
          'c',
          { nodes: [node('pkg.test::Leaky', 'b', 'x c', { slope: { float: 0.5 } })], outputs: ['b'] },
          { nodes: [], outputs: ['x'] },
        ),
      ],
    }
    const found = evaluateFloat(read(text), new Map([['x', tensorOf('float32', [1, -1, 2, -2], [1, 4])]])).get('y')
    expect(Array.from(found!.data)).toEqual([-0.5, 1, -1, 2])
  })

  it('may be any bytes if they are not taken, even no graph', () => {
    const text: ModelText = {
      opset: 13,
      inputs: { x: [1, 4] },
      outputs: ['y'],
      constants: { c: bool(true) },
      nodes: [
        node('If', 'y', 'c', {
          then_branch: { branch: { nodes: [node('Relu', 'a', 'x')], outputs: ['a'] } },
          else_branch: { bytes: Uint8Array.of(1, 2, 3) },
        }),
      ],
    }
    expect(read(text).outputs[0]!.shape).toEqual([1, 4])
  })

  it('squeeze an axis only where its extent is 1, as PyTorch writes it', () => {
    const squeezed = (channels: number) =>
      read({
        opset: 13,
        inputs: { x: [1, channels, 30, 30] },
        outputs: ['y'],
        constants: { one: scalar(1), axis: int64(1) },
        nodes: [
          node('Shape', 's', 'x'),
          node('Gather', 'n', 's one', { axis: 0 }),
          node('Equal', 'c', 'n one'),
          conditional(
            'y',
            'c',
            { nodes: [node('Squeeze', 'a', 'x axis')], outputs: ['a'] },
            { nodes: [node('Identity', 'b', 'x')], outputs: ['b'] },
          ),
        ],
      }).outputs[0]!.shape
    expect(squeezed(1)).toEqual([1, 30, 30])
    expect(squeezed(3)).toEqual([1, 3, 30, 30])
  })
})

it('damaged branches are refused, or are valid graphs', () => {
  for (let seed = 1; seed <= 100; seed++) {
    const uniform = random(seed)
    const below = (bound: number): number => Math.floor(uniform() * bound)
    const [text] = elements(fc.sample(model, { numRuns: 1, seed }), 1)
    const [, bytes] = damageBytes(bytesOf(text), { below, one: (list) => list[below(list.length)]! })
    try {
      expect(simplify(readOnnx(bytes, 'model.onnx')).outputs.length).toBeGreaterThan(0)
    } catch (error) {
      if (!(error instanceof DlpError)) throw new Error(`seed ${seed}`, { cause: error })
    }
  }
})

describe('an If is refused', () => {
  const branch: BranchText = { nodes: [node('Relu', 'a', 'x')], outputs: ['a'] }
  const other = (nodes: readonly NodeProto[], constants: Record<string, Tensor> = {}): ModelText => ({
    opset: 13,
    inputs: { x: [1, 4] },
    outputs: ['y'],
    constants: { c: bool(true), ...constants },
    nodes,
  })

  it.each<readonly [string, readonly NodeProto[], RegExp]>([
    [
      'whose condition depends on an input',
      [
        node('ReduceMax', 'm', 'x', { keepdims: 0 }),
        node('Cast', 'n', 'm', { to: 9 }),
        conditional('y', 'n', branch, branch),
      ],
      /'n_y' \(If\): its condition 'n' is known only at run time/,
    ],
    ['whose condition is several', [conditional('y', 'many', branch, branch)], /its condition 'many' is bool\[2\]/],
    ['that lacks the branch', [node('If', 'y', 'c', {})], /it has no then_branch/],
    [
      'whose branch makes too little',
      [conditional('y', 'c', { nodes: [], outputs: [] }, branch)],
      /then_branch: it has 0 outputs/,
    ],
    [
      'whose branch reads nothing that is known',
      [conditional('y', 'c', { nodes: [node('Relu', 'a', 'q')], outputs: ['a'] }, branch)],
      /node 'n_a' \(Relu\): input 'q' is not defined/,
    ],
    [
      'whose branch is damaged',
      [node('If', 'y', 'c', { then_branch: { bytes: Uint8Array.of(9, 9) }, else_branch: { branch } })],
      /then_branch, byte/,
    ],
    ['whose branch has an attribute of no function', [conditional('y', 'c', { nodes: [node('LeakyRelu', 'a', 'x', { alpha: { ref: 'slope' } })], outputs: ['a'] }, branch)], /it refers to the attribute 'slope' of a function/], // prettier-ignore
    [
      'whose branch has a node that no layer computes',
      [conditional('y', 'c', { nodes: [node('Einsum', 'a', 'x')], outputs: ['a'] }, branch)],
      /unknown operator Einsum/,
    ],
  ])('%s', (_, nodes, says) => {
    expect(() => read(other(nodes, { many: tensorOf('bool', [1, 0], [2]) }))).toThrow(says)
  })

  it('in branches that are nested too deeply', () => {
    let inner: BranchText = branch
    for (let level = 0; level <= branchDepth; level++)
      inner = { nodes: [conditional('a', 'c', inner, branch)], outputs: ['a'] }
    expect(() => read(other([conditional('y', 'c', inner, branch)]))).toThrow('16 levels')
  })

  it('in a function that calls itself through it', () => {
    const call: BranchText = { nodes: [node('pkg.test::F', 'a', 'v c')], outputs: ['a'] }
    const text: ModelText = {
      ...other([node('pkg.test::F', 'y', 'x c')]),
      functions: [{ name: 'F', inputs: ['v', 'c'], outputs: ['w'], nodes: [conditional('w', 'c', call, call)] }],
    }
    expect(() => read(text)).toThrow('16 levels')
  })
})

describe('nodes before an If', () => {
  const always = (output: string, value: string): NodeProto =>
    conditional(output, 'yes', { nodes: [node('Relu', 'r', value)], outputs: ['r'] }, { nodes: [], outputs: [value] })

  it.each(['qonnx.custom_op.general::Quant', 'finn.custom_op.general::Quant', 'Quant'])('%s is read', (op) => {
    const constants = {
      yes: bool(true),
      s: tensorOf('float32', [0.1], [1]),
      z: tensorOf('float32', [0], [1]),
      b: tensorOf('float32', [4], [1]),
    }
    const quant = node(op, 'q', 'x s z b', { signed: 1, narrow: 0, rounding_mode: 'ROUND' })
    const found = read({
      opset: 13,
      inputs: { x: [1, 3] },
      outputs: ['y'],
      constants,
      nodes: [quant, always('y', 'q')],
    })
    expect(found.nodes.map((each) => each.op)).toContain('Relu')
  })

  it('have the definitions of their operator set: a Softmax of set 11 over several axes determines the branch', () => {
    // Softmax of four equal values is a quarter each; along the last axis alone it would be a half each.
    const constants = { a: tensorOf('float32', [0, 0, 0, 0], [1, 2, 2]), third: tensorOf('float32', [0.3], []) }
    const nodes = [node('Softmax', 's', 'a', { axis: 1 }), node('ReduceMax', 'm', 's', { keepdims: 0 }), node('Less', 'l', 'm third'), conditional('y', 'l', { nodes: [node('Relu', 'r', 'x')], outputs: ['r'] }, { nodes: [node('Neg', 'n', 'x')], outputs: ['n'] })] // prettier-ignore
    const found = read({ opset: 11, inputs: { x: [1, 3] }, outputs: ['y'], constants, nodes })
    expect(found.nodes.map((each) => each.op)).not.toContain('Neg')
  })

  it('may compute shapes from many constants', () => {
    const constants = {
      yes: bool(true),
      many: int64(...new Array<number>(1024).fill(1)),
      axis: int64(0),
      minus: int64(-1),
    }
    const nodes = [
      node('ReduceSum', 'n', 'many axis', { keepdims: 1 }),
      node('Concat', 'l', 'minus n', { axis: 0 }),
      node('Reshape', 'q', 'x l'),
      always('y', 'q'),
    ]
    expect(
      read({ opset: 13, inputs: { x: [1, 4, 16, 16] }, outputs: ['y'], constants, nodes }).outputs[0]!.shape,
    ).toEqual([1, 1024])
  })
})
