// Programs that are kept from version to version: test/golden/versions has a folder for each ISA and timing version so far, with the results that
// its programs had when they were written.

import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { compileGraph } from '../../compiler/backend.ts'
import { randomProgram } from '../../isa/arbitraries/program.ts'
import type { ProgramCase } from '../../isa/arbitraries/program.ts'
import { encode } from '../../isa/codec.ts'
import { formatVersion, header } from '../../isa/container/format.ts'
import { readProgram } from '../../isa/container/read.ts'
import { writeProgram } from '../../isa/container/write.ts'
import { timingConstants } from '../../isa/generate/timing-constants.ts'
import type { Instruction } from '../../isa/instruction.ts'
import { instructions } from '../../isa/instructions.ts'
import type { Field } from '../../base/bits.ts'
import { parseMachine } from '../../isa/model/machine-file.ts'
import { machines } from '../../isa/model/machine.ts'
import type { Machine } from '../../isa/model/machine.ts'
import type { Program } from '../../isa/program.ts'
import { random } from '../../base/random.ts'
import { refusal } from '../../isa/validate.ts'
import { currentVersions } from '../../isa/versions.ts'
import { simulate } from '../../simulator/simulate.ts'
import { odd } from '../rtl/processor-machines.ts'
import { randomGraph } from './integer-graphs.ts'
import { root } from './source-files.ts'

const folder = join(root, 'test/golden/versions')
const runsName = 'runs.txt'
const hx8kPath = 'rtl/hx8k/machine.json'
const hx8k = parseMachine(readFileSync(join(root, hx8kPath), 'utf8'), hx8kPath)
/** Machines that the everyday tests build anyway. */
export const goldenMachines: readonly Machine[] = [machines.tiny, odd, hx8k]
const currentName = `isa${currentVersions.isa}-timing${currentVersions.timing}`
const encodingPath = join(folder, 'encodings.txt')
const timingPath = join(folder, `timing${currentVersions.timing}.txt`)

/** A program file of some version, and the line with its results: its name, cycles of init and infer, hashes of outputs and of every instruction's cycles. */
export interface GoldenFile {
  /** the folder and the file */
  readonly name: string
  readonly bytes: Uint8Array
  readonly line: string
}

/** Whether this version can run a file, by its header. */
export function isOurs(bytes: Uint8Array): boolean {
  const view = new DataView(bytes.buffer)
  const [format = 0, isa = 0, timing = 0] = [header.version, header.isaVersion, header.timingVersion].map((at) =>
    view.getUint16(at, true),
  )
  return (
    format === formatVersion &&
    isa >= currentVersions.oldestIsa &&
    isa <= currentVersions.isa &&
    timing === currentVersions.timing
  )
}

/** The cycles and the hash of the outputs in a file's line. */
export function runs(line: string): { readonly init: number; readonly infer: number; readonly values: string } {
  const [, init, infer, values = ''] = line.split(' | ')
  return { init: Number(init), infer: Number(infer), values }
}

/** The files of all versions. */
export function goldenFiles(): GoldenFile[] {
  const versions = readdirSync(folder, { withFileTypes: true }).filter((each) => each.isDirectory())
  return versions.flatMap(({ name: version }) => {
    const lines = readFileSync(join(folder, version, runsName), 'utf8')
      .trimEnd()
      .split('\n')
    return lines.map((line) => {
      const [file = ''] = line.split(' | ')
      return { name: `${version}/${file}`, bytes: new Uint8Array(readFileSync(join(folder, version, file))), line }
    })
  })
}

/** A program with inputs that depend on the program alone. */
export function caseOf(program: Program): ProgramCase {
  const next = random(1)
  const bytes = (length: number): Uint8Array => Uint8Array.from({ length }, () => Math.floor(256 * next()))
  return { program, inputs: Object.fromEntries(program.inputs.map((each) => [each.name, bytes(each.bytes)])) }
}

/** The results of a program: the line of its file. */
export function lineOf(file: string, program: Program): string {
  const { outputs, init, infer } = simulate(program, caseOf(program).inputs)
  const values = createHash('sha256')
  for (const { name } of program.outputs) values.update(outputs[name]!)
  const cycles = createHash('sha256')
  for (const { timing } of [init, infer])
    for (const { dispatch, issue, retire } of timing.records) cycles.update(`${dispatch} ${issue} ${retire}\n`)
  return [file, init.timing.cycles, infer.timing.cycles, values.digest('hex'), cycles.digest('hex')].join(' | ')
}

/** The encoding of the current ISA version: a hash over many fixed words, of the machines for which each is an instruction and of its fields. */
export function encodingLine(): string {
  const hash = createHash('sha256')
  const next = random(1)
  for (const [op, { opcode, fields }] of Object.entries(instructions)) {
    const widths = Object.entries<Field>(fields).map(([name, { bits, signed }]) => ({
      name,
      bits,
      own: signed ? bits - 1 : bits,
    }))
    hash.update(`${opcode}: ${widths.map(({ bits, own }) => `${bits}/${own}`).join(' ')}\n`)
    for (let word = 0; word < 400; word++) {
      // Small values as well, which more rules permit.
      const values = widths.map(({ name, own }) => [name, Math.floor(2 ** (own * next()) * next())])
      const instruction = { op, wait: 0, signal: 0, ...Object.fromEntries(values) } as unknown as Instruction
      const legal = goldenMachines.map((machine) => (refusal(instruction, machine) === undefined ? 1 : 0))
      hash.update(legal.join(''))
      if (legal.includes(1)) hash.update(encode(instruction).toString(16))
    }
  }
  return `isa ${currentVersions.isa} | ${hash.digest('hex')}`
}

/** The lines of encodings.txt. */
export const encodingLines = (): string[] => linesOf(encodingPath)
/** The recorded constants of the current timing version. */
export const recordedTiming = (): string[] => linesOf(timingPath)
/** The present constants of timing. */
export const timingLines = (): string[] => timingConstants().map(({ name, value }) => `${name} ${value}`)

const linesOf = (path: string): string[] => (existsSync(path) ? readFileSync(path, 'utf8').trimEnd().split('\n') : [])

/** Adds the files that the current versions lack; existing files stay unchanged. */
export function addGoldenVersions(): void {
  const place = join(folder, currentName)
  if (!existsSync(join(place, runsName))) {
    mkdirSync(place, { recursive: true })
    const lines = samples().map((program) => {
      const file = `${program.machine.name}-${program.name.replaceAll(' ', '-')}.dlp`
      const bytes = writeProgram(program)
      writeFileSync(join(place, file), bytes)
      return lineOf(file, readProgram(bytes, file))
    })
    writeFileSync(join(place, runsName), `${lines.join('\n')}\n`)
  }
  const encodings = encodingLines()
  if (!encodings.some((line) => line.startsWith(`isa ${currentVersions.isa} | `)))
    writeFileSync(encodingPath, `${[...encodings, encodingLine()].join('\n')}\n`)
  const timing = recordedTiming()
  const added = timingLines().filter((line) => !timing.some((old) => old.split(' ')[0] === line.split(' ')[0]))
  if (added.length > 0) writeFileSync(timingPath, `${[...timing, ...added].join('\n')}\n`)
}

/** Small programs that together contain every instruction, on each kind of machine. */
function samples(): Program[] {
  const [tiny, other, serial] = goldenMachines as [Machine, Machine, Machine]
  const drawn = [[tiny, 2], [tiny, 4], [tiny, 6], [tiny, 8], [other, 4], [other, 8], [other, 9], [serial, 4], [serial, 9]] as const // prettier-ignore
  const compiled = [
    [tiny, 'resident'],
    [tiny, 'streamed'],
    [other, 'resident'],
    [other, 'streamed'],
  ] as const
  return [
    ...drawn.map(([machine, seed]) => randomProgram(machine, seed, 1 + (seed % 5)).program),
    ...compiled.map(([machine, weightsIn], at) => {
      const graph = randomGraph(at + 1, { mostChannels: 8, mostSide: 6, mostLayers: 3 })
      return compileGraph(graph, { name: `graph ${at + 1} ${weightsIn}`, machine, weightsIn }).program
    }),
  ]
}
