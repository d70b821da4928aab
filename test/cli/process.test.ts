// dlp as a process: closed pipes, full disks, signals.

import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { writeProgram } from '../../isa/container/write.ts'
import { sampleProgram } from '../isa/container/sample-program.ts'
import { root } from '../support/source-files.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const sample = sampleProgram()
/** More bytes than the buffer of a pipe. */
const large = writeProgram({
  ...sample,
  constants: Uint8Array.from({ length: 2 ** 20 }, (_, at) => sample.constants[at] ?? at % 251),
})

/** The command and what the tests of signals use, bundled: it starts in a fraction of the time that its sources take. */
let bundle = ''

beforeAll(async () => {
  bundle = await mkdtemp(join(tmpdir(), 'dlp-process-'))
  writeFileSync(join(bundle, 'package.json'), '{ "name": "dlp", "version": "0.0.0", "type": "module" }')
  await build({
    absWorkingDir: root,
    entryPoints: [
      'cli/dlp.ts',
      'toolchain/files/write-atomically.ts',
      'host/verilator/lock.ts',
      'host/verilator/run-tool.ts',
    ],
    outdir: bundle,
    outbase: '.',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    external: ['sharp'],
    banner: {
      js: "import { createRequire as dlpRequire } from 'node:module'; const require = dlpRequire(import.meta.url);",
    },
    logLevel: 'error',
  })
})

afterAll(() => rm(bundle, { recursive: true, force: true }))

/** Runs a line of bash in which `$DLP` is the command, in a folder with a small and a large program. */
async function shell(line: string): Promise<{ readonly out: string; readonly err: string }> {
  const folder = await temporaryFolder()
  writeFileSync(join(folder, 'p.dlp'), writeProgram(sample))
  writeFileSync(join(folder, 'large.dlp'), large)
  const DLP = `${process.execPath} ${join(bundle, 'cli/dlp.js')}`
  return finished(spawn('bash', ['-c', line], { cwd: folder, env: { ...process.env, DLP } }))
}

function finished(child: ChildProcess): Promise<{ readonly out: string; readonly err: string }> {
  const texts = { out: '', err: '' }
  child.stdout!.setEncoding('utf8').on('data', (part: string) => (texts.out += part))
  child.stderr!.setEncoding('utf8').on('data', (part: string) => (texts.err += part))
  return new Promise((resolve) => child.on('close', () => resolve(texts)))
}

describe('standard streams:', () => {
  test.each([
    ['a reader that closes the pipe ends dlp without a message, as SIGPIPE would', '$DLP disasm large.dlp | head -1 >/dev/null; echo ${PIPESTATUS[0]}', '141\n', ''],
    ['a full disk is reported, and is no success', '$DLP verify p.dlp >/dev/full; echo $?', '1\n', 'dlp: standard output cannot be written: the disk is full\n'],
    ['an error whose message cannot be printed still gives exit code 1', '$DLP verify none.dlp 2>/dev/full; echo $?', '1\n', ''],
    ['a slow reader receives a large output completely', '$DLP disasm large.dlp | (sleep 0.3; cat) | $DLP asm - -o - 2>/dev/null | cmp - large.dlp && echo same', 'same\n', ''],
    ['standard output that is redirected to a file is written as the output', '$DLP asm - -o /dev/stdout < <($DLP disasm p.dlp) > q 2>/dev/null; cmp p.dlp q && echo same', 'same\n', ''],
    ['/dev/null may have several uses, also as standard output', 'for more in --json --json=false "--trace /dev/null" "--trace /dev/null --json"; do $DLP simulate p.dlp --output /dev/null $more >/dev/null; echo $? >&2; done', '', '0\n'.repeat(4)],
    ['a pipe has one use, by any name', 'set -o pipefail; for more in --json "--trace -"; do $DLP simulate p.dlp --output /dev/stdout $more 2>/dev/null | cat; echo $?; done', '2\n1\n', ''],
    ['closed ones cause no stack', '$DLP verify p.dlp >&- 2>&- <&-; echo $?; $DLP verify none.dlp >&- 2>&- <&-; echo $?; $DLP verify - <&-; echo $?', '0\n1\n1\n', 'dlp: -: is not a .dlp program (make one with dlp compile or dlp asm)\n'],
  ])('%s', async (_, line, out, err) => {
    expect(await shell(line)).toEqual({ out, err })
  }) // prettier-ignore
})

/** A process that runs for long. */
function slow(folder: string, body: string): ChildProcess {
  const path = join(folder, 'slow.mjs')
  const imports = {
    temporaryFor: 'toolchain/files/write-atomically',
    locked: 'host/verilator/lock',
    runTool: 'host/verilator/run-tool',
  }
  const lines = Object.entries(imports).map(([name, file]) => `import { ${name} } from '${bundle}/${file}.js'`)
  writeFileSync(path, [...lines, "import { writeFileSync } from 'node:fs'", body].join('\n'))
  return spawn(process.execPath, [path], { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] })
}

describe('a signal', () => {
  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    '%s ends a build with all its tools, and removes its lock and files',
    async (signal) => {
      const folder = await temporaryFolder()
      const child = slow(
        folder,
        `
      const temporary = temporaryFor('${folder}/out')
      writeFileSync(temporary.path, 'half')
      await locked('${folder}/lock', () => runTool('sh', ['-c', 'sh -c "sleep 60" & echo $! > pid; wait'], '${folder}'))`,
      )
      const end = new Promise<NodeJS.Signals | null>((resolve) => child.on('close', (_, by) => resolve(by)))
      const pid = await wait(() =>
        Number(existsSync(join(folder, 'pid')) ? readFileSync(join(folder, 'pid'), 'utf8') : 0),
      )
      expect(readdirSync(folder)).toContain('lock')
      child.kill(signal)
      expect(await end).toBe(signal)
      expect(readdirSync(folder).sort()).toEqual(['pid', 'slow.mjs'])
      await wait(() => !runs(pid))
    },
  )

  test('that cannot be caught leaves scratch, which the next process that writes in the folder removes', async () => {
    const folder = await temporaryFolder()
    const child = slow(
      folder,
      `
      const temporary = temporaryFor('${folder}/out')
      writeFileSync(temporary.path, 'half')
      await new Promise((resolve) => setTimeout(resolve, 60_000))`,
    )
    const end = new Promise((resolve) => child.on('close', resolve))
    await wait(() => readdirSync(folder).some((name) => name.startsWith('.dlp-')))
    child.kill('SIGKILL')
    await end
    expect(readdirSync(folder)).toHaveLength(2)
    const { writeAtomically } = await import('../../toolchain/files/write-atomically.ts')
    await writeAtomically(join(folder, 'out'), 'whole')
    expect(readdirSync(folder).sort()).toEqual(['out', 'slow.mjs'])
  })
})

/** Polls until there is a result. */
async function wait<T>(look: () => T): Promise<T> {
  for (;;) {
    const found = look()
    if (found) return found
    await setTimeout(20)
  }
}

/** Whether a process runs; a zombie does not. */
function runs(pid: number): boolean {
  try {
    return !/\) [ZX]/.test(readFileSync(`/proc/${pid}/stat`, 'latin1'))
  } catch {
    return false
  }
}
