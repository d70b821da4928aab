// Compiling ONNX: a model that cannot be compiled is refused with the place, the reason and a remedy.
import { describe, expect, test } from 'vitest'
import { compile, type CompileOptions } from '../../compiler/compile.ts'
import { GraphBuilder } from '../../compiler/graph/builder.ts'
import { tensor, tensorOf } from '../../compiler/graph/tensor.ts'
import { writeOnnx } from '../../compiler/onnx/write.ts'
import { build as buildResnet8 } from '../../examples/resnet8/build.ts'
import { type ResnetShape, resnet } from '../../examples/support/resnet.ts'
import { writeProgram } from '../../isa/container/write.ts'
import { DlpError } from '../../base/error.ts'
import { machines } from '../../isa/model/machine.ts'
import { dynamo, flattened, tensorFlow } from '../support/exported-models.ts'
import { bytesOf } from '../support/onnx-model.ts'

const options: CompileOptions = { name: 'model', machine: machines.edge, density: 0.25 }

const stem: ResnetShape = {
  name: 'stem',
  imageSize: 64,
  stem: { kernel: 7, stride: 2, maxPool: true },
  stageChannels: [32],
  blocksPerStage: 1,
  shortcut: 'projection',
  classes: 10,
}

/** The message with which the compiler refuses a model. */
function refusal(bytes: Uint8Array, own: Partial<CompileOptions> = {}): DlpError['complaint'] {
  try {
    compile(bytes, { ...options, ...own })
  } catch (error) {
    if (error instanceof DlpError) return error.complaint
    throw error
  }
  throw new Error('nothing was refused')
}

/** A 3×3 convolution of four channels on 8×8 pixels, followed by the nodes of a test. */
function model(behind: (graph: GraphBuilder, value: string) => string): Uint8Array {
  const graph = new GraphBuilder('small')
  const input = graph.input('image', [1, 3, 8, 8])
  const weights = graph.constant(
    'weights',
    tensor(
      Float32Array.from({ length: 4 * 27 }, (_, i) => Math.sin(i)),
      [4, 3, 3, 3],
    ),
  )
  const value = graph.node('Conv', [input, weights], { kernel_shape: [3, 3], pads: [1, 1, 1, 1] }, { name: 'conv' })
  return writeOnnx(graph.build([behind(graph, value)]))
}

describe('a model is refused', () => {
  test('with an unknown operator: the node, the known operators and a remedy', () => {
    const known = model((graph, value) => graph.node('Relu', [value], {}, { name: 'activation' }))
    // The builder refuses unknown operators, so the name is changed in the file.
    const bytes = Uint8Array.from(known)
    const at = Buffer.from(bytes).lastIndexOf('Relu')
    bytes.set(Buffer.from('Selu'), at)
    const { what, where, allowed, help } = refusal(bytes)
    expect(`${where}: ${what}`).toMatch(/activation/)
    expect(`${where}: ${what}`).toMatch(/Selu/)
    expect(allowed).toMatch(/Relu/)
    expect(help).toBeTruthy()
  })

  test('where two computed values are multiplied: the node, the reason and what is allowed', () => {
    const bytes = model((graph, value) => graph.node('Mul', [value, value], {}, { name: 'square' }))
    expect(refusal(bytes)).toMatchObject({
      where: expect.stringContaining('square'),
      allowed: 'one factor is constant',
      help: expect.stringContaining('cut the model'),
    })
  })

  test('with weights that are not finite: the constant and the element', () => {
    const weights = ones([4, 4, 3, 3])
    weights.data[7] = NaN
    const bytes = model((graph, value) => graph.node('Conv', [value, graph.constant('sick', weights)]))
    expect(refusal(bytes)).toMatchObject({
      where: "constant 'sick'",
      what: 'element 7 of 144 is NaN',
      allowed: 'finite numbers of at most 1.7 · 10^38, so that rounding keeps them finite',
    })
  })

  test('with a pooling window that is too large for POOL: the layer and the largest window', () => {
    const bytes = model((graph, value) =>
      graph.node(
        'MaxPool',
        [graph.node('Relu', [value])],
        { kernel_shape: [3, 9], strides: [1, 1], pads: [1, 4, 1, 4] },
        { name: 'pool' },
      ),
    )
    expect(refusal(bytes)).toMatchObject({
      where: "layer 'pool'",
      what: 'a pooling window of 3×9',
      allowed: 'windows up to 8×8',
    })
  })

  test("that is too large for the machine: a ResNet's stem at 64×64 on tiny, the layer and the memory", () => {
    const calibration = [tensorOf('float32', new Float32Array(3 * 64 * 64).fill(0.5), [1, 3, 64, 64])]
    const complaint = refusal(writeOnnx(resnet(stem, 1)), { machine: machines.tiny, calibration })
    expect(complaint.where).toMatch(/memory plan, layer '.*conv1.*'/)
    expect(complaint.what).toMatch(/need \d+ words of every feature memory bank/)
    expect(complaint.allowed).toBe('featureWords = 512')
    expect(complaint.help).toMatch(
      /^use --machine edge or --machine card, or a machine file with .*"featureWords": \d+ }$/,
    )
  })

  test('whose weights do not fit although they must be resident', () => {
    const machine = { ...machines.edge, weightBeats: 512 }
    expect(refusal(buildResnet8(), { machine, weightsIn: 'resident' })).toMatchObject({
      where: "model 'model'",
      allowed: 'weightBeats = 512 for resident weights',
    })
  })
})

function ones(shape: readonly number[]) {
  return tensor(new Float32Array(shape.reduce((a, b) => a * b)).fill(1), shape)
}

describe('compiling', () => {
  test('twice gives the same file', () => {
    expect(writeProgram(compile(buildResnet8(), options).program)).toEqual(
      writeProgram(compile(buildResnet8(), options).program),
    )
  })

  test('without calibration data has a warning', () => {
    const image = tensorOf('float32', new Float32Array(3 * 32 * 32).fill(0.5), [1, 3, 32, 32])
    const warnings = (own: Partial<CompileOptions>): readonly string[] =>
      compile(buildResnet8(), { ...options, ...own }).report.warnings
    expect(warnings({})).toContainEqual(expect.stringContaining('no calibration data'))
    expect(warnings({ calibration: [image] })).toEqual([])
  })

  test('reports the requested density, and sums that fit the accumulators', () => {
    const { report, program } = compile(buildResnet8(), options)
    expect(report.density).toBeGreaterThan(0.24)
    expect(report.density).toBeLessThan(0.27)
    expect(report.overflowBound).toBeGreaterThan(0)
    expect(report.overflowBound).toBeLessThan(1)
    expect(report.instructions).toBe(program.instructions.length)
    expect(report.bytes).toBe(program.constants.length)
  })

  test('reports its progress: every stage, with the announced number of steps', () => {
    const stages: { name: string; total: number | undefined; steps: number }[] = []
    compile(buildResnet8(), {
      ...options,
      progress: {
        stage: (name, total) => stages.push({ name, total, steps: 0 }),
        step: (count = 1) => (stages.at(-1)!.steps += count),
        done: () => {},
      },
    })
    expect(stages.map(({ name }) => name)).toEqual(expect.arrayContaining(['read', 'schedule']))
    for (const { total, steps } of stages) expect(steps).toBe(total ?? 0)
  })
})

test('branches whose strides disagree are joined by a relayout, which the report lists with the lanes in use', () => {
  const bytes = model((graph, value) => {
    const half = graph.node('MaxPool', [value], { kernel_shape: [2, 2], strides: [2, 2] })
    const cropped = graph.node('Conv', [value, graph.constant('crop', ones([4, 4, 5, 5]))], { kernel_shape: [5, 5] })
    return graph.node('Add', [half, cropped], {}, { name: 'meet' })
  })
  const { program, report } = compile(bytes, { name: 'model', machine: machines.edge })
  expect(program.layers.map(({ kind }) => kind)).toContain('repatch')
  expect(report.laneUse.length).toBe(program.layers.length)
  for (const share of report.laneUse) expect(share > 0 && share <= 1).toBe(true)
})

test.each([
  ['PyTorch, with functions', dynamo, [3, 12, 12]],
  ['TensorFlow, with channels last and a Softmax', tensorFlow, [3, 12, 12]],
  ['Keras, with channels last and a flattened map', flattened, [2, 8, 8]],
])('a network of %s compiles', (_, text, shape) => {
  const { program } = compile(bytesOf(text), { ...options, density: 1 })
  expect(program.inputs[0]?.shape).toEqual(shape)
})
