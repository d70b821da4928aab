// dlp quantize: what it writes and prints, and one clear error for bad input.

import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { writeNpy } from '../../toolchain/files/npy.ts'
import { seededImages } from '../../compiler/calibration.ts'
import { readOnnx } from '../../compiler/onnx/read.ts'
import { writeOnnx } from '../../compiler/onnx/write.ts'
import { shape as resnet8 } from '../../examples/resnet8/build.ts'
import { resnet } from '../../examples/support/resnet.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { runDlp } from './run-dlp.ts'

const graph = resnet({ ...resnet8, imageSize: 8, stageChannels: [8, 16] }, 3)
/** A folder with a model and inputs for it. */
async function files() {
  const folder = await temporaryFolder()
  const [model, images] = [join(folder, 'm.onnx'), join(folder, 'x.npy')]
  await writeFile(model, writeOnnx(graph))
  const data = Float32Array.from(seededImages(graph).flatMap((image) => [...image.data]))
  await writeFile(images, writeNpy({ type: 'f4', shape: [8, 3, 8, 8], data }))
  const quantize = (...words: readonly string[]) => runDlp('quantize', model, '-o', join(folder, 'q.onnx'), ...words)
  return { folder, images, quantize }
}

describe('quantize', () => {
  test('writes QDQ ONNX, reports every layer, and compile accepts the file', async () => {
    const { folder, images, quantize } = await files()
    const { exitCode, out, err } = await quantize('--calibration', images, '--density', '0.5', '--machine', 'tiny', '--mean', '0.5', '--std', '0.25') // prettier-ignore
    expect({ exitCode, err }).toEqual({ exitCode: 0, err: '' })
    expect(out).toMatch(/layer +weights +density +levels +signal to noise/)
    expect(out).toMatch(/\/conv1\/Conv +int8/)
    const read = readOnnx(await readFile(join(folder, 'q.onnx')), 'q')
    expect(read.nodes.some(({ op }) => op === 'QuantizeLinear')).toBe(true)
    // What was done to pictures stays with the model.
    expect([read.metadata.get('mean'), read.metadata.get('std')]).toEqual(['0.5', '0.25'])
    const compiled = await runDlp(
      'compile',
      join(folder, 'q.onnx'),
      '-o',
      join(folder, 'q.dlp'),
      '--machine',
      'tiny',
      '--json',
    )
    expect(compiled.exitCode).toBe(0)
    expect(JSON.parse(compiled.out)).toMatchObject({ scales: 'given' })
  })

  test('prints one JSON object on request', async () => {
    const { images, quantize } = await files()
    const { out } = await quantize(
      '--calibration',
      images,
      '--json',
      '--weights',
      'ternary',
      '--weights-of',
      '/conv1/Conv=pow2',
    )
    const { layers, density } = JSON.parse(out) as { layers: { node: string; set: string }[]; density: number }
    expect(layers[0]).toMatchObject({ node: '/conv1/Conv', set: 'pow2' })
    expect(density).toBeLessThanOrEqual(1)
  })

  test.each([
    [['--calibration', 'none'], 1, /none: cannot be read/],
    [[], 1, /no calibration data; allowed: --calibration with a folder/],
    [['--calibration', 'images', '--density', '0'], 2, /--density: 0 is not a share/],
    [['--calibration', 'images', '--weights-of', 'a=int3'], 2, /--weights-of: 'a=int3' is not of the form NAME=SET/],
    [['--calibration', 'images', '--weights-of', 'a=int8'], 1, /layer 'a': no layer has this name/],
    [['--calibration', 'images', '--ranges', 'wide'], 2, /--ranges: 'wide' is not least-error, whole, or a share/],
    [['--calibration', 'images', '--sparsity', 'keep', '--density', '0.5'], 2, /--sparsity keep/],
    [['--calibration', 'images', '--calibration-count', '1'], 1, /calibration: 1 input; allowed: at least 2/],
    [
      ['--calibration', 'images', '--calibration-count', '0'],
      2,
      /--calibration-count: 0 is not a whole number of at least 1/,
    ],
  ])('refuses %j', async (words, code, message) => {
    const { images, quantize } = await files()
    const { exitCode, out, err } = await quantize(...words.map((word) => (word === 'images' ? images : word)))
    expect({ exitCode, out }).toEqual({ exitCode: code, out: '' })
    expect(err).toMatch(message)
    expect(err.trim().split('\n').length).toBe(1)
  })

  test('refuses an empty folder, inputs of another shape, and a model that is quantised', async () => {
    const { folder, images, quantize } = await files()
    const empty = join(folder, 'empty')
    await mkdir(empty)
    expect((await quantize('--calibration', empty)).err).toMatch(/holds no picture/)
    const other = join(folder, 'other.npy')
    await writeFile(other, writeNpy({ type: 'f4', shape: [2, 3, 4, 4], data: new Float32Array(96) }))
    expect((await quantize('--calibration', other)).err).toMatch(
      /is an array of shape \[2, 3, 4, 4\]; allowed: \[count, 3, 8, 8\]/,
    )
    await quantize('--calibration', images)
    const again = await runDlp(
      'quantize',
      join(folder, 'q.onnx'),
      '-o',
      join(folder, 'r.onnx'),
      '--calibration',
      images,
    )
    expect(again.err).toMatch(/the model is quantised already; allowed: a float model/)
  })

  test('takes mean and std from the metadata, and refuses those that are not numbers', async () => {
    const { folder, images } = await files()
    const path = join(folder, 'bad.onnx')
    await writeFile(path, writeOnnx({ ...graph, metadata: new Map([['std', '0.2,x']]) }))
    const { err } = await runDlp('quantize', path, '-o', join(folder, 'r.onnx'), '--calibration', images)
    expect(err).toMatch(/metadata 'std' of the model: '0\.2,x'; allowed: numbers separated by commas/)
  })
})
