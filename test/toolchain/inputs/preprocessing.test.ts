// Preprocessing is the same in compile, simulate and evaluate: the program stores everything that the model or the flags state.

import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { preprocessingFrom } from '../../../cli/preprocessing-flags.ts'
import { ignoreWarning } from '../../../toolchain/warning.ts'
import { calibrationOf } from '../../../toolchain/inputs/calibration.ts'
import { readPicture } from '../../../toolchain/inputs/input-file.ts'
import { readNpy, writeNpy } from '../../../toolchain/files/npy.ts'
import { preprocessingMetadata, preprocessingOf } from '../../../toolchain/inputs/preprocessing.ts'
import { GraphBuilder } from '../../../compiler/graph/builder.ts'
import { tensorOf } from '../../../compiler/graph/tensor.ts'
import { readOnnx } from '../../../compiler/onnx/read.ts'
import { writeOnnx } from '../../../compiler/onnx/write.ts'
import { simplify } from '../../../compiler/passes/simplify.ts'
import { realFromPixels } from '../../../host/images.ts'
import { readProgram } from '../../../isa/container/read.ts'
import { brokenPreprocessingRule } from '../../../isa/preprocessing.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { runDlp } from '../../cli/run-dlp.ts'

type Metadata = Readonly<Record<string, string>>

/** The class is the channel with the greatest mean. */
function colourModel(metadata: Metadata): Uint8Array {
  const graph = new GraphBuilder('colours')
  for (const [key, value] of Object.entries(metadata)) graph.metadata(key, value)
  const flat = graph.node('Flatten', [graph.node('GlobalAveragePool', [graph.input('input', [1, 3, 4, 4])])], {
    axis: 1,
  })
  const weights = graph.constant('w', tensorOf('float32', [1, 0, 0, 0, 1, 0, 0, 0, 1], [3, 3]))
  return writeOnnx(
    graph.build([
      graph.node('Gemm', [flat, weights, graph.constant('b', tensorOf('float32', [0, 0, 0], [3]))], { transB: 1 }),
    ]),
  )
}

/** A model, and pictures of 12×8 pixels of which only the middle columns have the colour of the class: in folders of blue, green and red. */
async function files(metadata: Metadata = {}) {
  const folder = await temporaryFolder()
  const data = join(folder, 'data')
  for (const [channel, name] of ['red', 'green', 'blue'].entries()) {
    await mkdir(join(data, name), { recursive: true })
    const pixels = new Uint8Array(12 * 8 * 3)
    for (let at = 0; at < 12 * 8; at++)
      pixels[3 * at + ([4, 5, 6, 7].includes(at % 12) ? channel : (channel + 1) % 3)] = 250
    await sharp(pixels, { raw: { width: 12, height: 8, channels: 3 } })
      .png()
      .toFile(join(data, name, '0.png'))
  }
  const model = join(folder, 'm.onnx')
  await writeFile(model, colourModel(metadata))
  return { folder, data, model, program: join(folder, 'p.dlp') }
}

const compile = async (model: string, program: string, ...words: readonly string[]) =>
  runDlp('compile', model, '-o', program, '--machine', 'tiny', '--weights', '8', '--no-cache', ...words)

const preprocessingIn = async (program: string) =>
  readProgram(await readFile(program), program).inputs[0]!.preprocessing

const whole = { mean: '0.5', std: '0.25,0.5,0.25', resize: '8', crop: '4', channel_order: 'bgr' }

describe('a program', () => {
  test('stores the complete preprocessing of its model, and evaluates like it', async () => {
    const { data, model, program } = await files(whole)
    expect((await compile(model, program)).exitCode).toBe(0)
    expect(await preprocessingIn(program)).toEqual({
      mean: [0.5],
      std: [0.25, 0.5, 0.25],
      resize: [8],
      crop: [4, 4],
      channelOrder: 'bgr',
    })
    // Blue is the first class and, in the model's order, the first channel.
    const { out, err } = await runDlp('evaluate', program, '--dataset', data, '--workers', '1', '--against', model)
    expect(out.match(/top-1 of \S+ +100\.0 %/g)).toHaveLength(2)
    expect(err).toBe('')
    expect((await runDlp('inspect', program)).out).toMatch(
      /pictures +mean 0\.5; .*resize a shorter side of 8; .*order bgr/,
    )
  })

  test('gives flags precedence over metadata, and simulates the pixels that the flags state', async () => {
    const { folder, data, model, program } = await files(whole)
    await compile(model, program, '--resize', '4,4', '--channel-order', 'rgb', '--mean', '0', '--std', '1')
    expect(await preprocessingIn(program)).toEqual({
      mean: [0],
      std: [1],
      resize: [4, 4],
      crop: [4, 4],
      channelOrder: 'rgb',
    })
    const logits = async (order: string): Promise<number[]> => {
      await compile(model, program, '--channel-order', order, '--mean', '0', '--std', '1')
      const { exitCode } = await runDlp(
        'simulate',
        program,
        '--input',
        join(data, 'red', '0.png'),
        '--output',
        join(folder, 'y.npy'),
      )
      expect(exitCode).toBe(0)
      return Array.from(readNpy(await readFile(join(folder, 'y.npy')), 'y').data as Float32Array)
    }
    const rgb = await logits('rgb')
    expect(rgb.indexOf(Math.max(...rgb))).toBe(0)
    expect((await logits('bgr')).toReversed()).toEqual(rgb)
  })

  test('of a model that states none stores none', async () => {
    const { model, program } = await files()
    await compile(model, program)
    expect(await preprocessingIn(program)).toBeUndefined()
  })

  test('is calibrated on the pixels that it states', async () => {
    const { data, model } = await files(whole)
    const read = readOnnx(await readFile(model), model)
    const preprocessing = preprocessingOf({}, read.metadata)
    const [calibrated] = await calibrationOf(simplify(read), join(data, 'red'), preprocessing, 8, ignoreWarning)
    const path = join(data, 'red', '0.png')
    const pixels = await readPicture(await readFile(path), path, [3, 4, 4], preprocessing)
    // The middle of a red picture is red: in the model's order the last channel.
    expect([...pixels]).toEqual([...new Array<number>(32).fill(0), ...new Array<number>(16).fill(250)])
    expect(calibrated!.data).toEqual(realFromPixels(pixels, 3, preprocessing))
  })
})

describe('warns once', () => {
  test('that mean and std are unknown, and that pictures are resized', async () => {
    const { data, model } = await files()
    const { err } = await runDlp('evaluate', model, '--dataset', data, '--workers', '1')
    expect(err.match(/its mean and std are not known/g)).toHaveLength(1)
    expect(err.match(/0\.png has 12×8 pixels, the model 4×4: .* give --resize/g)).toHaveLength(1)
    const quiet = await runDlp('evaluate', model, '--dataset', data, '--mean', '0', '--resize', '4', '--workers', '1')
    expect(quiet.err).toBe('')
  })

  test('of the differences where two models get different pixels', async () => {
    const { folder, data, model } = await files({ mean: '0', std: '1', resize: '8' })
    const other = join(folder, 'other.onnx')
    await writeFile(other, colourModel({ mean: '0', std: '1', resize: '6', channel_order: 'bgr' }))
    const words = ['evaluate', model, '--dataset', data, '--against', other, '--workers', '1']
    expect((await runDlp(...words)).err).toMatch(
      /get different pixels: resize a shorter side of 8 against a shorter side of 6; channel order rgb against bgr/,
    )
    expect((await runDlp(...words, '--resize', '8', '--channel-order', 'rgb')).err).toBe('')
  })

  test('that class folders are not the classes of the model', async () => {
    const { folder, data, model } = await files({ mean: '0', resize: '8', names: "['red', 'green', 'blue']" })
    const evaluate = async (path: string) => (await runDlp('evaluate', path, '--dataset', data, '--workers', '1')).err
    expect(await evaluate(model)).toMatch(/data: folder 'blue' is number 0, but is class 2 of '.*m\.onnx'/)
    const right = join(folder, 'right.onnx')
    await writeFile(right, colourModel({ mean: '0', resize: '8', names: "['blue', 'green', 'red']" }))
    expect(await evaluate(right)).toBe('')
    await rm(join(data, 'red'), { recursive: true })
    expect(await evaluate(right)).toMatch(/data: 2 class folders, but '.*right\.onnx' has 3 classes/)
  })

  test('that transparency is ignored', async () => {
    const { folder, model, program } = await files({ mean: '0' })
    await compile(model, program)
    const clear = join(folder, 'clear.png')
    await sharp({ create: { width: 4, height: 4, channels: 4, background: { r: 9, g: 9, b: 9, alpha: 0.5 } } }).toFile(
      clear,
    )
    expect((await runDlp('simulate', program, '--input', clear)).err).toMatch(
      /clear\.png has transparency, which is ignored/,
    )
  })

  test('that all calibration inputs are one constant, or that there is only one input', async () => {
    const { folder, model, program } = await files({ mean: '0' })
    const calibration = join(folder, 'c.npy')
    const npy = async (count: number, value: (at: number) => number) =>
      writeFile(
        calibration,
        writeNpy({
          type: 'f4',
          shape: [count, 3, 4, 4],
          data: Float32Array.from({ length: 48 * count }, (_, at) => value(at)),
        }),
      )
    await npy(3, () => 0)
    expect((await compile(model, program, '--calibration', calibration)).err).toMatch(
      /all calibration inputs are constantly 0/,
    )
    await npy(1, (at) => at)
    expect((await compile(model, program, '--calibration', calibration)).err).toMatch(/one calibration input/)
    await npy(2, (at) => at)
    expect((await compile(model, program, '--calibration', calibration)).err).toBe('')
  })
})

describe('refuses', () => {
  test.each([
    ['--mean', '0,0', /mean has 2 values, the input 3 channels; allowed: one value, or 3/],
    ['--std', '1,1,1,1', /std has 4 values/],
    ['--resize', '3', /pictures resized to a shorter side of 3; allowed: enough for the input's 4×4/],
    ['--resize', '4,3', /pictures resized to 3×4/],
    ['--crop', '5', /a crop of 5×5 pixels; allowed: the input's 4×4/],
    ['--resize', '0', /--resize: 0 is not one number of pixels/],
    ['--crop', '1,2,3', /--crop: 1,2,3 is not one number of pixels/],
    ['--mean', '1e999', /--mean: '1e999' is not a number/],
  ] as const)('%s %s, with what is allowed, before anything is written', async (flag, value, message) => {
    const { data, model, program } = await files()
    for (const words of [
      ['compile', model, '-o', program, '--machine', 'tiny'],
      ['evaluate', model, '--dataset', data, '--workers', '1'],
    ]) {
      const { exitCode, err } = await runDlp(...words, flag, value)
      expect(err).toMatch(message)
      expect(exitCode).toBeGreaterThan(0)
    }
    await expect(readFile(program)).rejects.toThrow('ENOENT')
  })

  test.each(Object.entries({ mean: '0,x', std: '0', resize: '-4', crop: '4.5', channel_order: 'gbr' }))(
    'metadata %s of %s',
    async (name, value) => {
      const { model, program } = await files({ [name]: value })
      expect((await compile(model, program)).err).toMatch(
        new RegExp(`metadata '${name}' of the model: '${value}'; allowed`),
      )
    },
  )

  test('no metadata that flags replace, whatever they state: mean and std by either of their flags', async () => {
    const flags = { mean: '0.5', std: '0.25', resize: '8', crop: '4', channelOrder: 'bgr' } as const
    const key = (flag: string): string => flag.replace('channelOrder', 'channel_order')
    const replaces = (flag: string): string[] => (['mean', 'std'].includes(flag) ? ['mean', 'std'] : [key(flag)])
    fc.assert(
      fc.property(fc.subarray(Object.keys(flags)), fc.subarray(Object.keys(flags).map(key)), (given, unreadable) => {
        const stated = new Map(unreadable.map((name) => [name, 'imagenet']))
        const own = preprocessingFrom(
          Object.fromEntries(Object.entries(flags).filter(([name]) => given.includes(name))),
        )
        const read = () => preprocessingOf(own, stated)
        if (unreadable.every((name) => given.flatMap(replaces).includes(name)))
          expect(read()).toEqual(preprocessingOf(own))
        else expect(read).toThrow(/metadata '\w+' of the model: 'imagenet'/)
      }),
    )
    const { model, program } = await files({ mean: 'imagenet' })
    expect((await compile(model, program, '--mean', '0.5', '--std', '0.5')).exitCode).toBe(0)
    expect(await preprocessingIn(program)).toEqual({ mean: [0.5], std: [0.5] })
  })

  test.each([NaN, Infinity, -Infinity])('an input or a calibration that holds %s', async (value) => {
    const { folder, model, program } = await files({ mean: '0' })
    await compile(model, program)
    const data = new Float32Array(48).fill(1)
    data[17] = value
    const path = join(folder, 'x.npy')
    await writeFile(path, writeNpy({ type: 'f4', shape: [1, 3, 4, 4], data }))
    const message = new RegExp(`x\\.npy: element 17 is ${value}; allowed: finite numbers`)
    expect((await runDlp('simulate', program, '--input', path)).err).toMatch(message)
    expect((await compile(model, program, '--calibration', path)).err).toMatch(message)
    expect((await runDlp('quantize', model, '-o', program, '--calibration', path)).err).toMatch(message)
  })
})

test('metadata that are written are read back equal', () => {
  const side = fc.integer({ min: 1, max: 16384 })
  const numbers = fc.array(fc.double({ min: -9, max: 9, noNaN: true }), { minLength: 1, maxLength: 3 })
  const preprocessing = fc.record(
    {
      mean: numbers,
      resize: fc.array(side, { minLength: 1, maxLength: 2 }),
      crop: fc.tuple(side, side),
      channelOrder: fc.constantFrom('rgb' as const, 'bgr' as const),
    },
    { requiredKeys: [] },
  )
  fc.assert(
    fc.property(preprocessing, (stated) => {
      const lines = new Map(preprocessingMetadata(stated))
      const { std, ...read } = preprocessingOf({}, lines) ?? {}
      const same = (value: object) => JSON.stringify(value, ['mean', 'resize', 'crop', 'channelOrder'])
      expect(JSON.parse(same(read))).toEqual(JSON.parse(same(stated)))
      expect(std).toEqual(stated.mean === undefined ? undefined : [1])
    }),
  )
})

test('a grey input takes one mean and no order of channels', () => {
  const rule = (stated: Parameters<typeof brokenPreprocessingRule>[0]) => brokenPreprocessingRule(stated, [1, 28, 28])
  expect(rule({ mean: [0.5], resize: [28], crop: [28, 28] })).toBeUndefined()
  expect(rule({ mean: [0.5, 0.5, 0.5] })?.allowed).toBe('one value')
  expect(rule({ channelOrder: 'bgr' })?.allowed).toBe('3 channels')
})
