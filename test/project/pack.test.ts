// The package as a user receives it: packed, installed in an empty folder, and run there.

import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { defined } from '../../base/defined.ts'
import { build as buildResnet8 } from '../../examples/resnet8/build.ts'
import { root } from '../support/source-files.ts'

const run = promisify(execFile)

/** Code of a user of the library: everything that the README shows. */
const userModule = `import { compile, inputBytes, machines, outputData, seededInput, simulate, type Program } from 'dlp'
import { createState, execute, formats, instructions, numerics, timing, type Instruction, type MachineState } from 'dlp/isa'
import { instruction, program } from 'dlp/arbitraries'
export const cyclesOf = (bytes: Uint8Array): number => {
  const { program: compiled } = compile(bytes, { name: 'x', machine: machines.edge })
  const { cycles, outputs } = simulate(compiled, inputBytes(compiled, seededInput(compiled.inputs[0]!, 1)))
  return cycles + outputData(compiled, outputs).size
}
export const state: MachineState = createState(machines.tiny)
export const step = (each: Instruction): void => execute(state, each)
export const nameOf = ({ name }: Program): string => name
export const rest = [formats, instructions, numerics, timing, instruction, program]
`

/** Every file beneath a folder with its size and when it was written. */
async function filesOf(folder: string): Promise<string[]> {
  const names = await readdir(folder, { recursive: true })
  const files = names.map(async (name) => {
    const { size, mtimeMs } = await stat(join(folder, name))
    return `${name} ${size} ${mtimeMs}`
  })
  return (await Promise.all(files)).toSorted()
}

describe('the package', () => {
  let folder = ''

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dlp-pack-'))
    await run(process.execPath, [join(root, 'tools', 'build.mjs')], { cwd: root })
    await run('npm', ['pack', '--silent', '--pack-destination', folder], { cwd: root })
    const tarball = defined((await readdir(folder)).find((name) => name.endsWith('.tgz')))
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

  test('contains the command', async () => {
    expect((await dlp('--help')).stdout).toContain('dlp <command>')
  })

  test('refuses an unknown command, in one line, with exit code 2', async () => {
    const refusal = /^dlp: .*\(see dlp --help\)\n$/
    await expect(dlp('--nonsense')).rejects.toMatchObject({ code: 2, stderr: expect.stringMatching(refusal) })
  })

  test('contains the library', async () => {
    const text =
      "import { machines, verifyProgram } from 'dlp'; import { assemble, encode } from 'dlp/isa'; " +
      'console.log(machines.card.name, typeof verifyProgram, typeof assemble, encode({ op: "HALT", wait: 0, signal: 0 }) > 0n)'
    expect(await module(text)).toBe('card function function true')
  })

  test.each(['dlp/isa/random', 'dlp/compiler/compile', 'dlp/cli/main', 'dlp/toolchain/exports/dlp'])(
    'keeps %s to itself',
    async (name) => {
      await expect(module(`import '${name}'`)).rejects.toMatchObject({
        stderr: expect.stringContaining('ERR_PACKAGE_PATH_NOT_EXPORTED'),
      })
    },
  )

  test('can load each of its modules, none of which writes a file', async () => {
    const dist = join(folder, 'node_modules', 'dlp', 'dist')
    // The command is run, not loaded, and so are the modules of worker threads.
    const modules = (await readdir(dist, { recursive: true })).filter(
      (path) => path.endsWith('.js') && !path.startsWith('cli') && !path.endsWith('worker.js'),
    )
    expect(modules.length).toBeGreaterThan(200)
    const before = await filesOf(folder)
    const urls = JSON.stringify(modules.map((path) => pathToFileURL(join(dist, path)).href))
    expect(await module(`for (const url of ${urls}) await import(url); console.log('loaded')`)).toBe('loaded')
    expect(await filesOf(folder)).toEqual(before)
  })

  test('contains types of its exports, valid under --strict', async () => {
    await writeFile(join(folder, 'use.ts'), userModule)
    const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
    const options = ['--noEmit', '--strict', '--skipLibCheck', 'false', '--module', 'nodenext', '--target', 'es2023']
    await run(process.execPath, [tsc, ...options, '--types', '', 'use.ts'], { cwd: folder })
  })

  test('has source maps, so that a stack with --debug shows the sources', async () => {
    const files = await readdir(join(folder, 'node_modules', 'dlp', 'dist'), { recursive: true })
    const unmapped = files.filter((path) => path.endsWith('.js') && !files.includes(`${path}.map`))
    expect(unmapped).toEqual([])
    await expect(dlp('inspect', 'absent.dlp', '--debug')).rejects.toMatchObject({
      stderr: expect.stringMatching(/toolchain[\\/]files[\\/]read-file\.ts:\d+/),
    })
  })

  test('contains neither tests nor TypeScript sources', async () => {
    const files = await readdir(join(folder, 'node_modules', 'dlp'), { recursive: true })
    expect(files.filter((path) => /\.test\.|(?<!\.d)\.ts$|(^|[\\/])node_modules[\\/]/.test(path))).toEqual([])
  })

  test('contains the generators of programs for property tests', async () => {
    const text =
      "import { program } from 'dlp/arbitraries'; import { machines } from 'dlp/isa'; import fc from 'fast-check'; " +
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
    expect((await dlp('verify', 'resnet8.dlp')).stdout).toContain('valid')
  })
})
