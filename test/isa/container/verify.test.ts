// The rules of a whole program: the sample keeps all, and each rule reports where it is broken.

import { describe, expect, test } from 'vitest'
import { verifyProgram } from '../../../isa/container/verify.ts'
import type { Instruction } from '../../../isa/instruction.ts'
import type { Program } from '../../../isa/program.ts'
import { instruction, sampleProgram } from './sample-program.ts'

const sample = sampleProgram()

/** The sample with instruction `index` replaced. */
const replaced = (index: number, by: Instruction): Program => ({
  ...sample,
  instructions: sample.instructions.map((own, at) => (at === index ? by : own)),
})
const edited = (index: number, fields: Record<string, number>): Program =>
  replaced(index, { ...sample.instructions[index]!, ...fields } as Instruction)

test('a sound program breaks no rule', () => {
  expect(verifyProgram(sample)).toEqual([])
})

describe('a program is refused for', () => {
  test.each<[string, Program, string]>([
    [
      'a machine that breaks a law',
      { ...sample, machine: { ...sample.machine, banks: 3 } },
      'machine: banks is even, 2 to 32',
    ],
    [
      'an illegal word',
      replaced(2, { op: 'Illegal', word: 63n, reason: 'no instruction has opcode 63' }),
      'instruction 2 (Illegal): no instruction has opcode 63',
    ],
    ['a rule of an instruction', edited(6, { rows: 0 }), 'instruction 6 (COMPUTE): rows is at least 1'],
    [
      'too many instructions',
      {
        ...sample,
        machine: { ...sample.machine, instructionWords: 16 },
        instructions: Array.from({ length: 17 }, () => instruction('HALT')),
      },
      '17 instructions; the machine holds 16',
    ],
    ['an entry outside the program', { ...sample, entry: { init: 0, infer: 9 } }, 'entry infer is 9'],
    ['entries in the wrong order', { ...sample, entry: { init: 2, infer: 0 } }, 'entry init is 2'],
    ['an init without HALT', replaced(1, sample.instructions[0]!), 'entry init does not end in HALT'],
    ['an infer without HALT', replaced(8, sample.instructions[7]!), 'entry infer does not end in HALT'],
    ['code behind HALT', replaced(5, instruction('HALT')), 'instruction 6 is never reached'],
    [
      'a wait that nothing signals',
      edited(2, { wait: 8 }),
      'entry infer deadlocks: instruction 2 (LOADP), the head of the parameter queue, waits for semaphore 3, which nothing signals; ',
    ],
    [
      'a wait for what stands behind it',
      edited(4, { wait: 4 }),
      'instruction 4 (LOAD), the head of the load queue, waits for semaphore 2, which instruction 6 (COMPUTE) signals, the head of the compute queue; instruction 6 (COMPUTE)',
    ],
    [
      'a semaphore left above zero',
      edited(7, { wait: 0 }),
      'entry infer leaves semaphore 2 at 1: instruction 6 (COMPUTE) signals it last, and nothing waits for that',
    ],
    [
      'a semaphore of two queues',
      edited(4, { signal: 2 }),
      'instruction 4 (LOAD) signals semaphore 1 in the load queue, as the parameter queue does',
    ],
    ['weights outside the constants', edited(0, { address: 100 }), 'instruction 0 (LOADW) reaches bytes 6400'],
    ['parameters outside the constants', edited(2, { groups: 64 }), 'instruction 2 (LOADP) reaches'],
    ['an input outside its region', edited(4, { positions: 40 }), 'instruction 4 (LOAD) reaches'],
    ['an output outside its region', edited(7, { count: 17 }), 'instruction 7 (STOREL) reaches'],
    [
      'bytes that nothing transfers',
      { ...sample, scratchBytes: 2 ** 29 },
      'region scratch has 536870912 bytes; allowed: at most 0, the bytes',
    ],
    [
      'a tensor far away in its region',
      { ...sample, inputs: [{ ...sample.inputs[0]!, offset: 2 ** 29 }] },
      'region input has 536870944 bytes; allowed: at most 64, the bytes',
    ],
    [
      'an output of more bytes than its codes take',
      { ...sample, outputs: [{ ...sample.outputs[0]!, bytes: 2 ** 29 }] },
      "output 'logits' needs 32 bytes, or 64 with what fills its last address unit",
    ],
    ['writing constants', edited(7, { region: 0 }), 'instruction 7 (STOREL) writes the region constants'],
    ['a table outside the constants', edited(3, { address: 1000 }), 'instruction 3 (LOADT) reaches'],
    ['reading beats never loaded', edited(6, { beat: 1 }), 'instruction 6 (COMPUTE) reads weight beat 6'],
    ['beats without an end', edited(6, { beats: 5 }), 'instruction 6 (COMPUTE) has a last beat without end'],
    [
      'an input in the wrong region',
      { ...sample, inputs: [{ ...sample.inputs[0]!, region: 'output' }] },
      "input 'image' lies in region output",
    ],
    ['an input at an odd place', { ...sample, inputs: [{ ...sample.inputs[0]!, offset: 3 }] }, 'multiple of 64'],
    [
      'a map that its patches do not cover',
      { ...sample, inputs: [{ ...sample.inputs[0]!, patch: [1, 1] }] },
      "input 'image' needs patches",
    ],
    [
      'overlapping outputs',
      { ...sample, outputs: [sample.outputs[0]!, sample.outputs[0]!] },
      "outputs 'logits' and 'logits' overlap",
    ],
    [
      'a layer outside the program',
      { ...sample, layers: [{ ...sample.layers[0]!, end: 90 }] },
      "layer 'fc' covers instructions 5 to 90",
    ],
    [
      'layers that overlap',
      { ...sample, layers: [sample.layers[0]!, sample.layers[0]!] },
      'inside the layer before it',
    ],
    [
      'more non-zeros than weights',
      { ...sample, layers: [{ ...sample.layers[0]!, nonZeros: 41 }] },
      '41 non-zero weights of 40',
    ],
  ])('%s', (_, program, message) => {
    expect(verifyProgram(program).join('\n')).toContain(message)
  })

  test('weights that do not unpack, shifts above 47, and shifts at which halves cannot round to even', () => {
    const constants = sample.constants.slice()
    constants[23] = 0x80
    expect(verifyProgram({ ...sample, constants })[0]).toMatch(
      /^instruction 0 \(LOADW\) loads weights that do not unpack, beat 0/,
    )
    const parameters = sample.constants.slice()
    const { address } = sample.instructions[2] as unknown as { address: number }
    parameters[address * 64 + 6] = 48
    expect(verifyProgram({ ...sample, constants: parameters })).toEqual([
      'instruction 2 (LOADP) loads a row that shifts by 48; allowed: 0 to 47',
    ])
    parameters[address * 64 + 6] = 64 + 14
    expect(verifyProgram({ ...sample, constants: parameters })).toEqual([
      'instruction 2 (LOADP) loads a row that rounds halves to even and shifts by 14; allowed: 15 or 30',
    ])
    parameters[address * 64 + 6] = 64 + 15
    expect(verifyProgram({ ...sample, constants: parameters })).toEqual([])
  })

  test('no more than fifty things at once', () => {
    const instructions = Array.from({ length: 100 }, (): Instruction => ({ op: 'Illegal', word: 0n, reason: 'no' }))
    const broken = verifyProgram({ ...sample, instructions })
    expect(broken).toHaveLength(51)
    expect(broken[50]).toMatch(/^and \d+ more$/)
  })
})
