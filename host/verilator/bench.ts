// The simulated processor as a process: commands to its standard input, answers from its standard output (see rtl/bench/dlp_bench.cpp).

import { spawn } from 'node:child_process'
import type { ChildProcessByStdio } from 'node:child_process'
import { createInterface } from 'node:readline'
import { onExit } from 'signal-exit'
import type { Readable, Writable } from 'node:stream'
import { DlpError } from '../../base/error.ts'

/** What the bench may do to the processor; seeds of the random choices. */
export interface Disturbance {
  /** latencies of DRAM are random, at least the machine's */
  readonly randomLatency?: number
  /** ready and valid signals pause at random */
  readonly backPressure?: number
  /** registers and memories hold anything before reset */
  readonly randomState?: number
  /** an FST file of all signals */
  readonly waveform?: string
}

interface Waiting {
  readonly lines: string[]
  readonly resolve: (lines: string[]) => void
  readonly reject: (error: Error) => void
}

export class BenchProcess {
  readonly #process: ChildProcessByStdio<Writable, Readable, null>
  readonly #waiting: Waiting[] = []
  readonly #messages: string[] = []
  #ended: Error | undefined

  constructor(program: string, { randomLatency, backPressure, randomState, waveform }: Disturbance = {}) {
    const options = [
      ['--random-latency', randomLatency],
      ['--back-pressure', backPressure],
      ['--random-state', randomState],
      ['--fst', waveform],
    ].flatMap(([name, value]) => (value === undefined ? [] : [String(name), String(value)]))
    this.#process = spawn(program, options, { stdio: ['pipe', 'pipe', 'inherit'] })
    // In the middle of a run it would not see that its commands have ended.
    const forget = onExit(() => void this.#process.kill('SIGKILL'))
    this.#process.once('exit', forget)
    createInterface({ input: this.#process.stdout, crlfDelay: Infinity }).on('line', (line) => this.#take(line))
    this.#process.on('error', (error) => this.#end(error))
    this.#process.on('close', (code, signal) => this.#end(this.#lastWords(String(signal ?? code))))
    // A broken pipe shows as the end of the process.
    this.#process.stdin.on('error', () => {})
  }

  /** Sends a command; commands are answered in order. @returns the lines of its answer @throws DlpError on a fault of the bench */
  command(...words: readonly (string | number)[]): Promise<string[]> {
    return new Promise((resolve, reject) => {
      if (this.#ended !== undefined) return reject(this.#ended)
      this.#waiting.push({ lines: [], resolve, reject })
      this.#process.stdin.write(`${words.join(' ')}\n`)
    })
  }

  /** Ends the process. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#process.exitCode !== null || this.#process.signalCode !== null) return resolve()
      this.#process.once('close', () => resolve())
      this.#process.stdin.end()
    })
  }

  #take(line: string): void {
    const [head] = this.#waiting
    // An assertion of the RTL: the process ends after its message.
    if (line.includes('%Error')) this.#messages.push(line)
    if (head === undefined) return
    if (line.startsWith('fault ')) return this.#end(fault(line.slice('fault '.length)))
    if (line !== '.') return void head.lines.push(line)
    this.#waiting.shift()
    head.resolve(head.lines)
  }

  #lastWords(status: string): DlpError {
    const [message] = this.#messages
    return fault(message ?? `the simulation ended with ${status}`)
  }

  #end(error: Error): void {
    this.#ended ??= error
    for (const { reject } of this.#waiting.splice(0)) reject(this.#ended)
  }
}

const fault = (what: string): DlpError => new DlpError({ what, where: 'the RTL in Verilator' })
