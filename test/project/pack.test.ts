// The package as a user gets it: packed, installed in an empty folder, and run there.

import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { build as buildResnet8 } from '../../examples/resnet8/build.ts'
import { root } from '../support/source-files.ts'

const run = promisify(execFile)

describe('the package', () => {
  let folder = ''

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dlp-pack-'))
    await run(process.execPath, [join(root, 'test', 'support', 'build.mjs')], { cwd: root })
    await run('npm', ['pack', '--silent', '--pack-destination', folder], { cwd: root })
    const [tarball] = (await readdir(folder)).filter((name) => name.endsWith('.tgz'))
    await writeFile(join(folder, 'package.json'), '{ "name": "user", "private": true, "type": "module" }')
    // The project's settings, so that no package runs a script of its own here either.
    await cp(join(root, '.npmrc'), join(folder, '.npmrc'))
    await run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', join(folder, tarball)], { cwd: folder })
  }, 300_000)

  afterAll(() => rm(folder, { recursive: true, force: true }))

  /** Runs the installed command. */
  const dlp = (...words: string[]): Promise<{ stdout: string; stderr: string }> =>
    run(join(folder, 'node_modules', '.bin', 'dlp'), words, { cwd: folder })

  /** Runs a module of the user's that imports from the package. */
  const module = async (text: string): Promise<string> =>
    (await run(process.execPath, ['--input-type=module', '--eval', text], { cwd: folder })).stdout.trim()

  test('brings the command', async () => {
    expect((await dlp('--help')).stdout).toContain('dlp <command>')
  })

  test('refuses a command that it does not know, in one line, with exit code 2', async () => {
    const refusal = /^dlp: .*\(see dlp --help\)\n$/
    await expect(dlp('--nonsense')).rejects.toMatchObject({ code: 2, stderr: expect.stringMatching(refusal) })
  })

  test('brings the library', async () => {
    const text = "import { random } from 'dlp/isa/random'; console.log(random(1)() < 1)"
    expect(await module(text)).toBe('true')
  })

  test('brings types for what it exports', async () => {
    await writeFile(
      join(folder, 'use.ts'),
      "import { random } from 'dlp/isa/random'\nexport const x: number = random(1)()\n",
    )
    const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
    const options = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2023', '--types', '']
    await run(process.execPath, [tsc, ...options, 'use.ts'], { cwd: folder })
  })

  test('holds neither tests nor TypeScript sources', async () => {
    const files = await readdir(join(folder, 'node_modules', 'dlp'), { recursive: true })
    expect(files.filter((path) => /\.test\.|(?<!\.d)\.ts$|(^|[\\/])node_modules[\\/]/.test(path))).toEqual([])
  })

  test('brings the generators of programs for property tests', async () => {
    const text =
      "import { program } from 'dlp/arbitraries'; import { machines } from 'dlp/isa/machine'; import fc from 'fast-check'; " +
      'console.log(fc.sample(program(machines.tiny), 1)[0].program.instructions.at(-1).op)'
    expect(await module(text)).toBe('HALT')
  })

  test('evaluates pictures in worker threads', async () => {
    const example = join(root, 'examples', 'resnet8-cifar10')
    const picture = (await readdir(join(example, 'samples'))).find((name) => name.endsWith('.png'))!
    await mkdir(join(folder, 'pictures', 'some'), { recursive: true })
    await cp(join(example, 'samples', picture), join(folder, 'pictures', 'some', picture))
    await writeFile(join(folder, 'list.txt'), `pictures/some/${picture} 0\n`)
    const { stdout } = await dlp('evaluate', join(example, 'resnet8-75.onnx'), '--dataset', 'list.txt', '--json')
    expect(JSON.parse(stdout)).toMatchObject({ images: 1 })
  })

  test('compiles a model, simulates it, in worker threads too, and verifies the program', async () => {
    await writeFile(join(folder, 'resnet8.onnx'), buildResnet8())
    await dlp('compile', 'resnet8.onnx', '-o', 'resnet8.dlp', '--machine', 'edge', '--density', '0.5')
    const { stdout } = await dlp('simulate', 'resnet8.dlp', '--json', '--images', '3', '--workers', '2')
    const report = JSON.parse(stdout) as { cycles: number; latencyMs: number; layers: unknown[]; hazards: number }
    expect(report).toMatchObject({ machine: 'edge', clockMHz: 200, hazards: 0, latencyMs: report.cycles / 200_000 })
    expect(report.layers).toHaveLength(8)
    expect((await dlp('verify', 'resnet8.dlp')).stdout).toContain('sound')
  })
})
