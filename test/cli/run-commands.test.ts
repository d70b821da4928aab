// The subcommands that compile and run: what they write and print.

import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { readNpy, writeNpy } from '../../toolchain/files/npy.ts'
import { build } from '../../examples/resnet8/build.ts'
import { compileGraph } from '../../compiler/backend.ts'
import { tensorOf } from '../../compiler/graph/tensor.ts'
import { writeOnnx } from '../../compiler/onnx/write.ts'
import { machines } from '../../isa/model/machine.ts'
import { randomGraph } from '../support/integer-graphs.ts'
import { codesModel } from '../support/quantised-models.ts'
import { readProgram } from '../../isa/container/read.ts'
import { verifyProgram } from '../../isa/container/verify.ts'
import { writeProgram } from '../../isa/container/write.ts'
import { packTensor, unpackTensor } from '../../isa/packing.ts'
import { random } from '../../base/random.ts'
import { simulate } from '../../simulator/simulate.ts'
import { runModel } from '../compiler/runtime.ts'
import { sampleProgram } from '../isa/container/sample-program.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { runDlp } from './run-dlp.ts'

const sample = sampleProgram()
const [image] = sample.inputs
const [logits] = sample.outputs

async function files(): Promise<{ folder: string; program: string }> {
  const folder = await temporaryFolder()
  const program = join(folder, 'p.dlp')
  await writeFile(program, writeProgram(sample))
  return { folder, program }
}

/** A folder with a ResNet-8, `dlp compile` of it for `edge` to a file there with more words. */
async function model() {
  const folder = await temporaryFolder()
  const path = join(folder, 'net.onnx')
  await writeFile(path, build())
  const compile = (program: string, ...more: string[]) =>
    runDlp('compile', path, '--machine', 'edge', '-o', join(folder, program), ...more)
  return { folder, path, compile }
}

describe('simulate, of a model whose input and output are codes', () => {
  /** Compiles the model, and returns `simulate` of an input as a file. */
  async function codes(type: 'uint8' | 'int8', ...more: string[]) {
    const folder = await temporaryFolder()
    const at = (name: string): string => join(folder, name)
    const graph = codesModel(type)
    await writeFile(at('m.onnx'), writeOnnx(graph))
    const { exitCode } = await runDlp('compile', at('m.onnx'), '--machine', 'edge', '-o', at('p.dlp'), ...more)
    expect(exitCode).toBe(0)
    const run = async (file: string, bytes: Uint8Array, ...words: string[]) => {
      await writeFile(at(file), bytes)
      const { err } = await runDlp('simulate', at('p.dlp'), '--input', at(file), '-o', at('y.npy'), ...words)
      return err === '' ? readNpy(await readFile(at('y.npy')), 'y.npy') : err
    }
    const draw = random(9)
    const data = Array.from({ length: 48 }, () => Math.floor(draw() * 256) - (type === 'int8' ? 128 : 0))
    const [expected] = (await runModel(writeOnnx(graph), new Map([['x', tensorOf(type, data, [1, 3, 4, 4])]]))).values()
    return { run, data, expected: [...expected!.data] }
  }

  test.each(['uint8', 'int8'] as const)('files hold numbers of the model’s type: %s', async (type) => {
    const { run, data, expected } = await codes(type)
    const kind = type === 'uint8' ? 'u1' : 'i1'
    const own = writeNpy({
      type: kind,
      shape: [3, 4, 4],
      data: type === 'uint8' ? Uint8Array.from(data) : Int8Array.from(data),
    })
    const found = await run('x.npy', own)
    if (typeof found === 'string') throw new Error(found)
    expect(found.type).toBe(kind)
    expect(found.shape).toEqual([2, 4, 4])
    const off = expected.filter((value, at) => value !== Number(found.data[at]))
    expect(off.length).toBeLessThanOrEqual(1)
    // Floats may be codes or what they stand for: only --codes says.
    const floats = writeNpy({ type: 'f4', shape: [3, 4, 4], data: Float32Array.from(data) })
    expect(await run('f.npy', floats)).toMatch(
      `holds floats, and the model takes ${type} codes; allowed: whole numbers as ${type}`,
    )
    expect(await run('f.npy', floats, '--codes')).toEqual(found)
    const halves = writeNpy({ type: 'f4', shape: [3, 4, 4], data: Float32Array.from(data, (code) => code / 2) })
    expect(await run('h.npy', halves, '--codes')).toMatch(/code .*\.5 at .*allowed: whole numbers/)
    const outOfRange = writeNpy({ type: 'i4', shape: [3, 4, 4], data: Int32Array.from(data, () => 300) })
    expect(await run('b.npy', outOfRange)).toMatch(/code 300 at 0.*allowed: whole numbers/)
  })

  test('a picture is the codes of a model that takes bytes, and needs mean and std for other models', async () => {
    const pixels = Uint8Array.from({ length: 48 }, (_, at) => (at * 5) % 256)
    const picture = await sharp(pixels, { raw: { width: 4, height: 4, channels: 3 } })
      .png()
      .toBuffer()
    const planes = Uint8Array.from({ length: 48 }, (_, at) => pixels[3 * (at % 16) + Math.floor(at / 16)]!)
    const bytes = await codes('uint8')
    const array = await bytes.run('x.npy', writeNpy({ type: 'u1', shape: [3, 4, 4], data: planes }))
    expect(await bytes.run('x.png', picture)).toEqual(array)
    expect(await (await codes('int8')).run('x.png', picture)).toMatch(
      /pixels for a model that takes int8 codes.*--mean and --std/,
    )
    const stored = await codes('int8', '--mean', '0.5', '--std', '0.25')
    expect(await stored.run('x.png', picture)).toMatchObject({ type: 'i1' })
  })
})

describe('simulate', () => {
  test('--timing-only gives the same cycles without values, and refuses what needs them', async () => {
    const { program, folder } = await files()
    const options = ['--json', '--losses', '--trace'] as const
    const whole = await runDlp('simulate', program, ...options, join(folder, 'a.txt'))
    const cycles = await runDlp('simulate', program, '--timing-only', ...options, join(folder, 'b.txt'))
    const { hazards, overflows, outputs: _values, ...rest } = JSON.parse(whole.out) as Record<string, unknown>
    expect({ hazards, overflows }).toEqual({ hazards: 0, overflows: 0 })
    expect(JSON.parse(cycles.out)).toEqual(rest)
    expect(await readFile(join(folder, 'b.txt'), 'utf8')).toBe(await readFile(join(folder, 'a.txt'), 'utf8'))
    for (const option of [['--output', 'y.npy'], ['--input', 'x.npy'], ['--codes'], ['--on', 'both']]) {
      const { exitCode, err } = await runDlp('simulate', program, '--timing-only', ...option)
      expect(exitCode).toBe(2)
      expect(err).toContain(`${option[0]!}: not with --timing-only`)
    }
  })

  test('--losses prints how every cycle of the PEs was spent, as text and as JSON', async () => {
    const { program } = await files()
    const { out } = await runDlp('simulate', program, '--losses')
    expect(out).toMatch(/PE cycles ÷ PEs +cycles +useful/)
    expect(out).toMatch(/useful +useful MACs/)
    const json = await runDlp('simulate', program, '--losses', '--json')
    const { losses, cycles } = JSON.parse(json.out) as {
      cycles: number
      losses: { cycles: number; spent: Record<string, number> }[]
    }
    expect(losses.reduce((total, row) => total + row.cycles, 0)).toBe(cycles)
    for (const row of losses) expect(Object.values(row.spent).reduce((a, b) => a + b)).toBeCloseTo(row.cycles, 6)
    expect((await runDlp('simulate', program, '--losses', '--on', 'rtl')).exitCode).toBe(2)
  })

  test('--power prints the parts of the estimate; constants may be given', async () => {
    const { folder, program } = await files()
    const { out } = await runDlp('simulate', program, '--power')
    expect(out).toMatch(
      /^power \(estimate\) +\d+\.\d W, \d+\.\d\d mJ an image, \d+ to \d+ W with all constants at their bounds$/m,
    )
    expect(out).toMatch(/^board +2\.10 .* assumed +the rest of the card/m)
    const file = join(folder, 'constants.json')
    await writeFile(file, '{ "board": 1.5, "static": 0 }')
    const json = await runDlp('simulate', program, '--timing-only', '--json', '--power-constants', file)
    const { power, latencyMs } = JSON.parse(json.out) as {
      latencyMs: number
      power: { averageWatts: number; joulesPerImage: number; breakdown: { name: string; watts: number }[] }
    }
    const watts = new Map(power.breakdown.map((each) => [each.name, each.watts]))
    expect([watts.get('board'), watts.get('static')]).toEqual([1.5, 0])
    expect([...watts.values()].reduce((a, b) => a + b)).toBeCloseTo(power.averageWatts, 9)
    expect(power.joulesPerImage).toBeCloseTo((power.averageWatts * latencyMs) / 1000, 12)
    for (const [text, message] of [
      ['{', 'is not JSON'],
      ['{ "boards": 1 }', "no constant 'boards'"],
      [`{ "board": 1${' '.repeat(70_000)}}`, 'has 70013 bytes'],
    ] as const) {
      await writeFile(file, text)
      const refused = await runDlp('simulate', program, '--power-constants', file)
      expect(refused.exitCode).toBe(1)
      expect(refused.err).toContain(`${file}: ${message}`)
    }
    expect((await runDlp('simulate', program, '--power', '--on', 'rtl')).exitCode).toBe(2)
  })

  test('prints cycles that add up to the image, as JSON', async () => {
    const { program } = await files()
    const { exitCode, out, err } = await runDlp('simulate', program, '--json', '--clock', '200')
    expect({ exitCode, err }).toEqual({ exitCode: 0, err: '' })
    const report = JSON.parse(out) as Record<string, never>
    const { cycles } = simulate(sample, { image: new Uint8Array(image!.bytes) })
    expect(report).toMatchObject({
      machine: 'tiny',
      clockMHz: 200,
      cycles,
      latencyMs: cycles / 200_000,
      usefulMacs: 512,
    })
    const sum = (numbers: Record<string, number>): number =>
      Object.values(numbers).reduce((total, each) => total + each, 0)
    expect(sum(report['work']!) + sum(report['stalls']!)).toBe(cycles)
    const layers = report['layers'] as unknown as { cycles: number }[]
    const own = layers.reduce((total, layer) => total + layer.cycles, 0)
    expect(own + report['startCycles']! + report['endCycles']!).toBe(cycles)
    expect(layers[0]).toMatchObject({ name: 'fc', kind: 'logits', density: 0.8, shape: [8, 1, 1], usefulMacs: 512 })
  })

  test('runs codes from a file and writes the simulator’s codes and real values', async () => {
    const { folder, program } = await files()
    const codes = Int8Array.from({ length: 48 }, (_, index) => index % 16)
    const [input, output] = [join(folder, 'x.npy'), join(folder, 'y.npy')]
    await writeFile(input, writeNpy({ type: 'i1', shape: [3, 4, 4], data: codes }))
    const { outputs } = simulate(sample, { image: packTensor(codes, image!, sample.machine) })
    const expectedCodes = unpackTensor(outputs['logits']!, logits!, sample.machine)

    expect((await runDlp('simulate', program, '--input', input, '-o', output, '--codes')).exitCode).toBe(0)
    expect(readNpy(await readFile(output), 'y')).toEqual({ type: 'i4', shape: [8], data: expectedCodes })

    const real = Float32Array.from(codes, (code) => 0.25 * (code - 1))
    await writeFile(input, writeNpy({ type: 'f4', shape: [1, 3, 4, 4], data: real }))
    expect((await runDlp('simulate', program, '--input', input, '-o', output)).exitCode).toBe(0)
    const scaled = Float32Array.from(expectedCodes, (code, index) => logits!.scale[index]! * code)
    expect(readNpy(await readFile(output), 'y')).toEqual({ type: 'f4', shape: [8], data: scaled })
  })

  test('--images runs several back to back: each gives the same as alone, from seeds, a folder or an array', async () => {
    const { folder, program } = await files()
    const [all, one] = [join(folder, 'all.npy'), join(folder, 'one.npy')]
    const run = await runDlp('simulate', program, '--images', '3', '--seed', '5', '-o', all, '--codes', '--json')
    expect(run).toMatchObject({ exitCode: 0, err: '' })
    const { cycles, throughput } = JSON.parse(run.out) as { cycles: number; throughput: Record<string, unknown> }
    expect(throughput).toMatchObject({
      images: 3,
      runs: 3,
      imagesPerRun: 1,
      totalCycles: 3 * cycles,
      cyclesPerImage: cycles,
    })
    expect(throughput['imagesPerSecond']).toBeCloseTo((sample.machine.clockMHz * 1e6) / cycles, 6)
    const outputs = readNpy(await readFile(all), 'all')
    expect(outputs.shape).toEqual([3, 8])
    for (const image of [0, 1, 2]) {
      await runDlp('simulate', program, '--seed', String(5 + image), '-o', one, '--codes')
      expect(readNpy(await readFile(one), 'one').data).toEqual(outputs.data.slice(8 * image, 8 * image + 8))
    }

    const batch = join(folder, 'x.npy')
    const codes = Int8Array.from({ length: 96 }, (_, index) => index % 16)
    await writeFile(batch, writeNpy({ type: 'i1', shape: [2, 3, 4, 4], data: codes }))
    const given = await runDlp('simulate', program, '--input', batch, '--codes', '-o', all)
    expect(given.out).toMatch(/^throughput .* images\/s, .*; 2 in .* 2 runs back to back$/m)
    expect(readNpy(await readFile(all), 'all').shape).toEqual([2, 8])
    const tooMany = await runDlp('simulate', program, '--input', batch, '--codes', '--images', '3')
    expect(tooMany).toMatchObject({ exitCode: 1, err: `dlp: ${batch}: holds 2 images; allowed: 3 or more\n` })
    const pictures = join(folder, 'pictures')
    await mkdir(pictures)
    for (const name of ['a.png', 'b.png', 'c.png'])
      await sharp({ create: { width: 5, height: 5, channels: 3, background: 'red' } }).toFile(join(pictures, name))
    const shown = await runDlp('simulate', program, '--input', pictures, '--json')
    expect(JSON.parse(shown.out)).toMatchObject({ throughput: { images: 3 } })
  })

  test('--expect refuses outputs that are not the file’s', async () => {
    const { folder, program } = await files()
    const output = join(folder, 'y.npy')
    await runDlp('simulate', program, '-o', output)
    expect(await runDlp('simulate', program, '--expect', output)).toMatchObject({ exitCode: 0, err: '' })
    const { exitCode, err } = await runDlp('simulate', program, '--seed', '2', '--expect', output)
    expect(exitCode).toBe(1)
    expect(err).toMatch(/y\.npy: element \d+ is .* there, .* here; \d of 8 differ; allowed: exactly the numbers/)
    const shape = await runDlp('simulate', program, '--codes', '--expect', output)
    expect(shape.err).toMatch(/y\.npy: is an array of f4 \[8\]; allowed: i4 \[8\]/)
  })

  test('images must fill the last run of a program that takes several images a run', async () => {
    const { folder, program } = await files()
    const graph = randomGraph(2, { mostChannels: 4, mostSide: 6, mostLayers: 2 })
    const { program: batch } = compileGraph(graph, { name: 'batch', machine: machines.tiny, images: 2 })
    await writeFile(program, writeProgram(batch))
    const output = join(folder, 'y.npy')
    const { out } = await runDlp('simulate', program, '--images', '4', '-o', output)
    expect(out).toMatch(/^a run .* 2 images: the first is stored after [\d,]+ cycles, then one every [\d,]+$/m)
    expect(out).toMatch(/ \[1\] +(linear|logits)/)
    expect(readNpy(await readFile(output), 'y').shape[0]).toBe(4)
    for (const option of [[], ['--timing-only']]) {
      const { exitCode, err } = await runDlp('simulate', program, '--images', '3', ...option)
      expect({ exitCode, err }).toEqual({
        exitCode: 1,
        err: `dlp: ${program}: 3 images for a program that takes 2 a run; allowed: a multiple of 2\n`,
      })
    }
    const evaluated = await runDlp('evaluate', program, '--dataset', folder)
    expect(evaluated.exitCode).toBe(1)
  })

  test('writes a trace with every instruction’s issue and retirement', async () => {
    const { folder, program } = await files()
    const trace = join(folder, 't.txt')
    expect((await runDlp('simulate', program, '--trace', trace)).exitCode).toBe(0)
    const lines = (await readFile(trace, 'utf8')).trimEnd().split('\n')
    expect(lines.filter((line) => line.includes(' issue ')).length).toBe(
      sample.instructions.length - sample.entry.infer,
    )
  })

  test('gives the same output for the same seed', async () => {
    const { folder, program } = await files()
    const outputs: Buffer[] = []
    for (const seed of ['5', '5', '6']) {
      const output = join(folder, 'y.npy')
      const { exitCode, out } = await runDlp('simulate', program, '--seed', seed, '-o', output, '--codes')
      expect(exitCode).toBe(0)
      expect(out).toMatch(/^latency .* cycles, \d+\.\d+ ms; init /m)
      outputs.push(await readFile(output))
    }
    expect(outputs[1]).toEqual(outputs[0])
    expect(outputs[2]).not.toEqual(outputs[0])
  })

  test('fails where the program has hazards, after listing them', async () => {
    const { program } = await files()
    const elsewhere = sample.instructions.map((each) => (each.op === 'LOAD' ? { ...each, base: 100 } : each))
    await writeFile(program, writeProgram({ ...sample, instructions: elsewhere }))
    const { exitCode, err } = await runDlp('simulate', program)
    expect(exitCode).toBe(1)
    expect(err).toMatch(/^dlp: hazard: #6 COMPUTE .* reads feature memory .* which nothing has written\n/)
    expect(err).toMatch(/: 1 hazard and 0 overflows; allowed: none/)
  })

  test('refuses a program that breaks a rule before it runs', async () => {
    const { program } = await files()
    await writeFile(program, writeProgram({ ...sample, entry: { init: 0, infer: 3 } }))
    const { exitCode, err } = await runDlp('simulate', program)
    expect(exitCode).toBe(1)
    expect(err).toMatch(/^dlp: [^\n]*dlp verify [^\n]* lists them all\)\n$/)
  })

  test.each([
    ['--clock', '0'],
    ['--clock', 'fast'],
    ['--seed', '1.5'],
    ['--images', '0'],
    ['--images', '1.5'],
    ['--images', '5000'],
  ])('refuses %s %s', async (...words) => {
    const { program } = await files()
    expect((await runDlp('simulate', program, ...words)).exitCode).toBe(2)
  })
})

describe('compile', () => {
  test('--images-per-run makes a program of several images, from 1 to 64', async () => {
    const { folder, compile } = await model()
    const compileFor = (images: string) => compile('p.dlp', '--density', '0.25', '--images-per-run', images)
    const { exitCode, out } = await compileFor('3')
    expect(exitCode).toBe(0)
    expect(out).toMatch(/^images a run +3$/m)
    expect(readProgram(await readFile(join(folder, 'p.dlp')), 'p').inputs.length).toBe(3)
    for (const count of ['0', '65', '1.5']) expect((await compileFor(count)).exitCode).toBe(2)
  })

  test('reuses the schedules of an older program, and reports how many', async () => {
    const { folder, path, compile } = await model()
    const old = join(folder, 'old.dlp')
    expect((await compile('old.dlp', '--density', '0.5')).out).not.toMatch(/^reused/m)
    const { out } = await compile('new.dlp', '--density', '0.5', '--update', old)
    expect(out).toMatch(/^reused +(\d+) of \1 schedules of row groups$/m)
    const other = await runDlp('compile', path, '-o', join(folder, 'x.dlp'), '--machine', 'card', '--update', old)
    expect(other).toMatchObject({ exitCode: 1, out: '' })
    expect(other.err).toMatch(/it was compiled for the machine 'edge'; allowed: .*'card'/)
    const { err } = await compile('x.dlp', '--density', '0.5', '--update', join(folder, 'none.dlp'))
    expect(err).toMatch(/none\.dlp: cannot be read: no such file or folder/)
  })

  test('makes a valid program that simulate runs, and reports it as JSON', async () => {
    const { folder, compile } = await model()
    const [program, again] = [join(folder, 'net.dlp'), join(folder, 'again.dlp')]
    const words = ['--density', '0.5', '--mean', '0.5', '--std', '0.25', '--json']
    const { exitCode, out, err } = await compile('net.dlp', ...words)
    expect(exitCode).toBe(0)
    expect(err).toMatch(/^dlp: warning: no calibration data/)
    const report = JSON.parse(out) as Record<string, number>
    const bytes = await readFile(program)
    const compiled = readProgram(bytes, program)
    expect(verifyProgram(compiled)).toEqual([])
    expect(compiled.inputs[0]!.preprocessing).toEqual({ mean: [0.5], std: [0.25] })
    expect(report).toMatchObject({
      instructions: compiled.instructions.length,
      fileBytes: bytes.length,
      machine: 'edge',
    })
    expect(report['seconds']).toBeGreaterThan(0)
    expect(report['density']).toBeCloseTo(0.5, 1)
    for (const figure of ['bytes', 'bitsPerNonZero', 'overflowBound']) expect(report[figure], figure).toBeGreaterThan(0)

    await compile('again.dlp', ...words)
    expect(Buffer.compare(await readFile(again), bytes)).toBe(0)
    expect(await runDlp('simulate', program)).toMatchObject({ exitCode: 0, err: '' })
  })

  test('calibrates with the pictures of a folder, preprocessed', async () => {
    const { folder, compile } = await model()
    const draw = random(1)
    for (const name of ['a', 'b']) {
      const pixels = Uint8Array.from({ length: 40 * 32 * 3 }, () => Math.floor(draw() * 256))
      await sharp(pixels, { raw: { width: 40, height: 32, channels: 3 } })
        .png()
        .toFile(join(folder, `${name}.png`))
    }
    const words = ['--density', '0.3', '--mean', '0.5,0.5,0.5', '--std', '0.1,0.1,0.1', '--resize', '32']
    expect((await compile('plain.dlp', ...words)).exitCode).toBe(0)
    expect(await compile('calibrated.dlp', ...words, '--calibration', folder)).toMatchObject({ exitCode: 0, err: '' })
    const scaleOf = async (name: string): Promise<number> =>
      readProgram(await readFile(join(folder, name)), name).inputs[0]!.scale[0]!
    expect(await scaleOf('calibrated.dlp')).not.toBe(await scaleOf('plain.dlp'))
  })

  test('reports in one line what is wrong with a model', async () => {
    const path = join(await temporaryFolder(), 'net.onnx')
    await writeFile(path, 'no model')
    const { exitCode, err } = await runDlp('compile', path, '-o', `${path}.dlp`)
    expect(exitCode).toBe(1)
    expect(err).toMatch(/^dlp: [^\n]+\n$/)
    expect(err).not.toContain('bug')
  })
})
