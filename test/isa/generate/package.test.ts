// The generated SystemVerilog agrees with the table: Verilator and Yosys read it, and its decoder agrees with the codec.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { instruction, legalInstruction, nearWord } from '../../../isa/arbitraries.ts'
import { decode, encode, packInstruction, wordFields } from '../../../isa/codec.ts'
import { isaPackage } from '../../../isa/generate/isa-package.ts'
import { machinePackage } from '../../../isa/generate/machine-package.ts'
import { fieldName } from '../../../isa/generate/names.ts'
import type { Mnemonic } from '../../../isa/instructions.ts'
import { instructions, queues } from '../../../isa/instructions.ts'
import type { MachineName } from '../../../isa/model/machine.ts'
import { machines } from '../../../isa/model/machine.ts'
import { refusal } from '../../../isa/validate.ts'

const has = (tool: string): boolean =>
  spawnSync(tool, ['--version']).status === 0 || spawnSync(tool, ['-V']).status === 0
const verilator = has('verilator')
const yosys = has('yosys')
const names = Object.keys(machines) as MachineName[]

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'dlp-package-'))
  writeFileSync(join(folder, 'dlp_isa_pkg.sv'), isaPackage())
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function write(name: MachineName): string[] {
  writeFileSync(join(folder, 'dlp_machine_pkg.sv'), machinePackage(machines[name]))
  return ['dlp_isa_pkg.sv', 'dlp_machine_pkg.sv']
}

function run(tool: string, ...parameters: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(tool, parameters, { cwd: folder, encoding: 'utf8' })
  expect(`${status === 0 ? '' : stdout}${stderr}`.trim()).toBe('')
  return stdout
}

test.skipIf(!verilator).each(names)('Verilator reads the packages of %s without a warning', (name) => {
  run('verilator', '--lint-only', '-Wall', ...write(name))
})

/** Feeds words to a module with Yosys and reads its outputs back. */
function evaluate(module: string, words: readonly bigint[], outputs: readonly string[]): string[][] {
  const files = write('tiny')
  writeFileSync(join(folder, 'top.sv'), module)
  const show = outputs.map((output) => `-show ${output}`).join(' ')
  const evals = words.map((word) => `eval -set word 128'b${word.toString(2).padStart(128, '0')} ${show}`)
  const script = [
    `read_verilog -sv ${files.join(' ')} top.sv`,
    'hierarchy -top top',
    'proc -norom',
    'flatten',
    'opt_clean',
    ...evals,
  ]
  writeFileSync(join(folder, 'top.ys'), script.join('\n'))
  const results = [...run('yosys', 'top.ys').matchAll(/Eval result: \\(\w+) = \d+'([01]+)\./g)].map(
    ([, , bits = '']) => bits,
  )
  expect(results.length).toBe(words.length * outputs.length)
  return words.map((_, at) => results.slice(at * outputs.length, (at + 1) * outputs.length))
}

describe.skipIf(!yosys)('as Yosys reads it', () => {
  test('legal and accepts agree with decode and the machine’s rules', () => {
    const samples = fc.sample(fc.oneof(nearWord(encode), legalInstruction().map(encode), instruction.map(encode)), {
      numRuns: 300,
      seed: 7,
    })
    // One instruction for each rule's edge comes from legal instructions with one field at its end.
    const edges = fc.sample(legalInstruction(), { numRuns: 200, seed: 8 }).map((one, at) => {
      const names = Object.keys(instructions[one.op].fields)
      const name = names[at % Math.max(1, names.length)]
      return packInstruction(name === undefined ? one : { ...one, [name]: 0 })
    })
    const words = [...samples, ...edges]
    const module = `module top(input logic [127:0] word, output logic everywhere, output logic here);
  assign everywhere = dlp_isa_pkg::legal(word);
  assign here = dlp_machine_pkg::accepts(word);
endmodule
`
    const found = evaluate(module, words, ['everywhere', 'here'])
    const expected = words.map((word) => {
      const decoded = decode(word)
      return [decoded.op === 'Illegal' ? '0' : '1', refusal(decoded, machines.tiny) === undefined ? '1' : '0']
    })
    expect(found).toEqual(expected)
    for (const pair of [
      ['0', '0'],
      ['1', '0'],
      ['1', '1'],
    ])
      expect(expected).toContainEqual(pair)
  })

  test.each(Object.keys(instructions) as Mnemonic[])('the struct of %s has the codec’s fields, and its queue', (op) => {
    const fields = Object.keys(wordFields(op))
    const width = (name: string): number => wordFields(op)[name]?.bits ?? 0
    const ports = fields.map((name) => `output logic [${width(name) - 1}:0] ${fieldName(name)}`)
    const module = `module top(input logic [127:0] word, output logic [1:0] queue, ${ports.join(', ')});
  dlp_isa_pkg::${op.toLowerCase()}_t one;
  assign one = word;
  assign queue = dlp_isa_pkg::queue_of(one.opcode);
${fields.map((name) => `  assign ${fieldName(name)} = one.${fieldName(name)};`).join('\n')}
endmodule
`
    const samples = fc.sample(legalInstruction(op), { numRuns: 5, seed: 9 })
    const found = evaluate(module, samples.map(encode), ['queue', ...fields.map(fieldName)])
    samples.forEach((sample, at) => {
      const values: Readonly<Record<string, number>> = { ...sample, op: 0, opcode: instructions[op].opcode }
      const expected = fields.map((name) => BigInt.asUintN(width(name), BigInt(values[name] ?? -1)))
      expect(found[at]?.map((bits) => BigInt(`0b${bits}`))).toEqual([
        BigInt(queues.indexOf(instructions[op].queue)),
        ...expected,
      ])
    })
  })
})
