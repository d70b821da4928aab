// The subcommands that compile and run: what they write and print.

import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { readNpy, writeNpy } from '../../cli/io/npy.ts'
import { build } from '../../examples/resnet8/build.ts'
import { readProgram } from '../../isa/container/read.ts'
import { verifyProgram } from '../../isa/container/verify.ts'
import { writeProgram } from '../../isa/container/write.ts'
import { packTensor, unpackTensor } from '../../isa/packing.ts'
import { random } from '../../isa/random.ts'
import { simulate } from '../../simulator/simulate.ts'
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

describe('simulate', () => {
  test('--timing-only gives the same cycles without values, and refuses what needs them', async () => {
    const { program, folder } = await files()
    const options = ['--json', '--losses', '--trace'] as const
    const whole = await runDlp('simulate', program, ...options, join(folder, 'a.txt'))
    const cycles = await runDlp('simulate', program, '--timing-only', ...options, join(folder, 'b.txt'))
    const { hazards, overflows, ...rest } = JSON.parse(whole.out) as Record<string, unknown>
    expect({ hazards, overflows }).toEqual({ hazards: 0, overflows: 0 })
    expect(JSON.parse(cycles.out)).toEqual(rest)
    expect(await readFile(join(folder, 'b.txt'), 'utf8')).toBe(await readFile(join(folder, 'a.txt'), 'utf8'))
    for (const option of [['--output', 'y.npy'], ['--input', 'x.npy'], ['--codes'], ['--on', 'both']]) {
      const { exitCode, err } = await runDlp('simulate', program, '--timing-only', ...option)
      expect(exitCode).toBe(2)
      expect(err).toContain(`${option[0]!}: with --timing-only`)
    }
  })

  test('--losses says where every cycle of the PEs went, for people and as JSON', async () => {
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
    const wanted = unpackTensor(outputs['logits']!, logits!, sample.machine)

    expect((await runDlp('simulate', program, '--input', input, '-o', output, '--codes')).exitCode).toBe(0)
    expect(readNpy(await readFile(output), 'y')).toEqual({ type: 'i4', shape: [8], data: wanted })

    const real = Float32Array.from(codes, (code) => 0.25 * (code - 1))
    await writeFile(input, writeNpy({ type: 'f4', shape: [1, 3, 4, 4], data: real }))
    expect((await runDlp('simulate', program, '--input', input, '-o', output)).exitCode).toBe(0)
    const scaled = Float32Array.from(wanted, (code, index) => logits!.scale[index]! * code)
    expect(readNpy(await readFile(output), 'y')).toEqual({ type: 'f4', shape: [8], data: scaled })
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

  test('fails where the program has hazards, after saying which', async () => {
    const { program } = await files()
    const elsewhere = sample.instructions.map((each) => (each.op === 'LOAD' ? { ...each, base: 100 } : each))
    await writeFile(program, writeProgram({ ...sample, instructions: elsewhere }))
    const { exitCode, err } = await runDlp('simulate', program)
    expect(exitCode).toBe(1)
    expect(err).toMatch(/^dlp: hazard: #6 COMPUTE .* reads feature memory .* which nothing has written\n/)
    expect(err).toMatch(/hazard\(s\) and 0 overflow\(s\); allowed: none/)
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
  ])('refuses %s %s', async (...words) => {
    const { program } = await files()
    expect((await runDlp('simulate', program, ...words)).exitCode).toBe(2)
  })
})

describe('compile', () => {
  test('keeps the schedules of an older program, and says which', async () => {
    const folder = await temporaryFolder()
    const [model, old] = [join(folder, 'net.onnx'), join(folder, 'old.dlp')]
    await writeFile(model, build())
    const words = ['compile', model, '--machine', 'edge', '--density', '0.5', '-o']
    expect((await runDlp(...words, old)).out).not.toMatch(/^kept/m)
    const { out } = await runDlp(...words, join(folder, 'new.dlp'), '--update', old)
    expect(out).toMatch(/^kept +(\d+) of \1 schedules of row groups$/m)
    const other = await runDlp('compile', model, '-o', join(folder, 'x.dlp'), '--machine', 'card', '--update', old)
    expect(other).toMatchObject({ exitCode: 1, out: '' })
    expect(other.err).toMatch(/it was compiled for the machine 'edge'; allowed: .*'card'/)
    const { err } = await runDlp(...words, join(folder, 'x.dlp'), '--update', join(folder, 'none.dlp'))
    expect(err).toMatch(/none\.dlp: cannot be read: no such file or folder/)
  })

  test('makes a sound program that simulate runs, and reports it as JSON', async () => {
    const folder = await temporaryFolder()
    const [model, program] = [join(folder, 'net.onnx'), join(folder, 'net.dlp')]
    await writeFile(model, build())
    const words = [
      'compile',
      model,
      '-o',
      program,
      '--machine',
      'edge',
      '--density',
      '0.5',
      '--mean',
      '0.5',
      '--std',
      '0.25',
      '--json',
    ]
    const { exitCode, out, err } = await runDlp(...words)
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

    const again = join(folder, 'again.dlp')
    await runDlp(...words.map((word) => (word === program ? again : word)))
    expect(Buffer.compare(await readFile(again), bytes)).toBe(0)
    expect(await runDlp('simulate', program)).toMatchObject({ exitCode: 0, err: '' })
  })

  test('calibrates with the pictures of a folder, preprocessed', async () => {
    const folder = await temporaryFolder()
    const [model, plain, calibrated] = ['net.onnx', 'plain.dlp', 'calibrated.dlp'].map((name) =>
      join(folder, name),
    ) as [string, string, string]
    await writeFile(model, build())
    const draw = random(1)
    for (const name of ['a', 'b']) {
      const pixels = Uint8Array.from({ length: 40 * 32 * 3 }, () => Math.floor(draw() * 256))
      await sharp(pixels, { raw: { width: 40, height: 32, channels: 3 } })
        .png()
        .toFile(join(folder, `${name}.png`))
    }
    const words = [
      'compile',
      model,
      '--machine',
      'edge',
      '--density',
      '0.3',
      '--mean',
      '0.5,0.5,0.5',
      '--std',
      '0.1,0.1,0.1',
      '-o',
    ]
    expect((await runDlp(...words, plain)).exitCode).toBe(0)
    expect(await runDlp(...words, calibrated, '--calibration', folder)).toMatchObject({ exitCode: 0, err: '' })
    const scaleOf = async (path: string): Promise<number> =>
      readProgram(await readFile(path), path).inputs[0]!.scale[0]!
    expect(await scaleOf(calibrated)).not.toBe(await scaleOf(plain))
  })

  test('says in one line what is wrong with a model', async () => {
    const path = join(await temporaryFolder(), 'net.onnx')
    await writeFile(path, 'no model')
    const { exitCode, err } = await runDlp('compile', path, '-o', `${path}.dlp`)
    expect(exitCode).toBe(1)
    expect(err).toMatch(/^dlp: [^\n]+\n$/)
    expect(err).not.toContain('bug')
  })
})
