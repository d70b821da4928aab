// Thousands of damaged ONNX files, in separate processes: each is refused with a reason, or computes what ONNX Runtime computes and compiles.

import { type ChildProcess, fork } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import type { HostileAnswer } from './hostile-answer.ts'
import { report } from './report.ts'

/** What a file may cost: processor time of the compiler's front, and of all of it with a simulation, and memory of the whole process. */
const limits = { milliseconds: 2000, compileMilliseconds: 10_000, bytes: 2 ** 30, silence: 60_000, heapMegabytes: 700 }

await report(
  'hostile-onnx',
  undefined,
  async (progress, { count, seed }) => {
    progress.stage('judge', count)
    const answers = await answersTo(seed, count, () => progress.step())
    const total = (holds: (answer: HostileAnswer) => boolean) => answers.filter(holds).length
    const findings = answers.flatMap((answer) => findingOf(answer) ?? [])
    const figures = {
      models: { count, firstSeed: seed },
      limits,
      verdicts: {
        refused: total(({ verdict }) => verdict === 'refused'),
        evaluated: total(({ verdict }) => verdict === 'evaluated'),
        notEvaluated: total(({ verdict }) => verdict === 'not evaluated'),
        failed: total(({ verdict }) => verdict === 'failed'),
      },
      runtime: {
        agrees: total(({ runtime }) => runtime === 'agrees'),
        differs: total(({ runtime }) => runtime === 'differs'),
        refused: total(({ runtime }) => runtime === 'refused'),
      },
      compiler: {
        compiled: total(({ compiled }) => compiled === 'compiled'),
        refused: total(({ compiled }) => compiled === 'refused'),
      },
      slowestCompileMilliseconds: Math.round(
        Math.max(...answers.map(({ compileMilliseconds }) => compileMilliseconds)),
      ),
      slowestMilliseconds: Math.round(Math.max(...answers.map(({ milliseconds }) => milliseconds))),
      peakMegabytes: Math.round(Math.max(...answers.map(({ peakBytes }) => peakBytes)) / 2 ** 20),
      findings: findings.slice(0, 50),
    }
    const { verdicts, runtime, compiler } = figures
    return {
      name: 'hostile-onnx',
      holds: findings.length === 0 && answers.length === count,
      figures,
      lines: [
        `${count} models from seed ${seed}: ${verdicts.refused} refused with a reason, ${verdicts.evaluated} evaluated, ${verdicts.notEvaluated} read but too much work to evaluate, ${verdicts.failed} failed`,
        `ONNX Runtime agrees on ${runtime.agrees}, refuses ${runtime.refused}, differs on ${runtime.differs}`,
        `of those evaluated ${compiler.compiled} compile for tiny, and the simulator gives the oracle's codes; ${compiler.refused} are refused with a reason; slowest ${figures.slowestCompileMilliseconds} ms`,
        `slowest ${figures.slowestMilliseconds} ms of processor time, at most ${figures.peakMegabytes} MiB`,
        ...findings.slice(0, 50),
      ],
    }
  },
  { count: 10_000, seed: 1 },
)

function findingOf({ seed, finding, milliseconds, compileMilliseconds, peakBytes }: HostileAnswer): string | undefined {
  if (finding !== undefined) return `seed ${seed}: ${finding}`
  if (milliseconds > limits.milliseconds) return `seed ${seed}: took ${Math.round(milliseconds)} ms`
  if (compileMilliseconds > limits.compileMilliseconds)
    return `seed ${seed}: compiling took ${Math.round(compileMilliseconds)} ms`
  return peakBytes > limits.bytes ? `seed ${seed}: the process holds ${Math.round(peakBytes / 2 ** 20)} MiB` : undefined
}

/** The results of all seeds, from one process on each core; a process that ends or does not respond is a finding and is replaced. */
async function answersTo(first: number, count: number, onAnswer: () => void): Promise<HostileAnswer[]> {
  const answers: HostileAnswer[] = []
  let next = first
  const take = () => (next < first + count ? next++ : undefined)
  await Promise.all(Array.from({ length: Math.max(2, availableParallelism()) }, work))
  return answers.sort((a, b) => a.seed - b.seed)

  async function work(): Promise<void> {
    let child = start()
    for (let seed = take(); seed !== undefined; seed = take()) {
      const answer = await ask(child, seed)
      answers.push(answer)
      onAnswer()
      if (answer.verdict !== 'failed' || child.connected) continue
      child = start()
    }
    child.disconnect()
  }
}

function start(): ChildProcess {
  const execArgv = ['--import', 'tsx', `--max-old-space-size=${limits.heapMegabytes}`]
  return fork(fileURLToPath(new URL('hostile-answer.ts', import.meta.url)), {
    execArgv,
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  })
}

function ask(child: ChildProcess, seed: number): Promise<HostileAnswer> {
  return new Promise((resolve) => {
    const failed = (finding: string) => finish({ seed, verdict: 'failed', milliseconds: 0, compiled: 'not tried', compileMilliseconds: 0, peakBytes: 0, runtime: 'not asked', finding }) // prettier-ignore
    const onExit = () => failed('the process died')
    const timer = setTimeout(() => {
      child.kill('SIGKILL')
    }, limits.silence)
    const finish = (answer: HostileAnswer) => {
      clearTimeout(timer)
      child.off('message', finish)
      child.off('exit', onExit)
      resolve(answer)
    }
    child.on('message', finish)
    child.on('exit', onExit)
    child.send(seed)
  })
}
