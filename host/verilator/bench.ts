// The RTL in Verilator as a process: commands to its standard input, replies from its standard output (see rtl/bench/dlp_bench.cpp).

import { spawn } from 'node:child_process'
import type { ChildProcessByStdio } from 'node:child_process'
import { createInterface } from 'node:readline'
import { onExit } from 'signal-exit'
import type { Readable, Writable } from 'node:stream'
import { DlpError } from '../../base/error.ts'

/** Random behaviour of the bench, each with its seed, and a waveform. */
export interface Disturbance {
  /** latencies of DRAM are random, at least the machine's */
  readonly randomLatency?: number
  /** ready and valid are deasserted at random */
  readonly backPressure?: number
  /** registers and memories hold random values before reset */
  readonly randomState?: number
  /** an FST file of all signals */
  readonly waveform?: string
}

/** A command whose reply is not complete. */
interface PendingCommand {
  readonly lines: string[]
  readonly resolve: (lines: string[]) => void
  readonly reject: (error: Error) => void
}

export class BenchProcess {
  readonly #process: ChildProcessByStdio<Writable, Readable, null>
  readonly #pending: PendingCommand[] = []
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
    // During a run it would not notice that this process has ended.
    const forget = onExit(() => void this.#process.kill('SIGKILL'))
    this.#process.once('exit', forget)
    createInterface({ input: this.#process.stdout, crlfDelay: Infinity }).on('line', (line) => this.#receive(line))
    this.#process.on('error', (error) => this.#end(error))
    this.#process.on('close', (code, signal) => this.#end(this.#endError(String(signal ?? code))))
    // A broken pipe is reported by the end of the process.
    this.#process.stdin.on('error', () => {})
  }

  /** Sends a command; replies arrive in the order of the commands. @returns the lines of the reply @throws DlpError on a fault of the bench */
  command(...words: readonly (string | number)[]): Promise<string[]> {
    return new Promise((resolve, reject) => {
      if (this.#ended !== undefined) return reject(this.#ended)
      this.#pending.push({ lines: [], resolve, reject })
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

  #receive(line: string): void {
    const [head] = this.#pending
    // An assertion of the RTL failed: the process ends after this message.
    if (line.includes('%Error')) this.#messages.push(line)
    if (head === undefined) return
    if (line.startsWith('fault ')) return this.#end(fault(line.slice('fault '.length)))
    if (line !== '.') return void head.lines.push(line)
    this.#pending.shift()
    head.resolve(head.lines)
  }

  #endError(status: string): DlpError {
    const [message] = this.#messages
    return fault(message ?? `the simulation ended with ${status}`)
  }

  #end(error: Error): void {
    this.#ended ??= error
    for (const { reject } of this.#pending.splice(0)) reject(this.#ended)
  }
}

const fault = (what: string): DlpError => new DlpError({ what, where: 'the RTL in Verilator' })
