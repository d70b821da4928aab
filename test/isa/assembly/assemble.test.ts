// The meaning of assembly text, line by line; the message and the location of each error.
import { describe, expect, test } from 'vitest'
import { assemble } from '../../../isa/assembly/assemble.ts'
import { DlpError } from '../../../base/error.ts'
import type { InstructionOf } from '../../../isa/instruction.ts'
import { machines } from '../../../isa/model/machine.ts'
import { mostProblems } from '../../../isa/assembly/problems.ts'

const program = (lines: string): string => `.program "p"
.machine tiny
init:
  HALT
infer:
${lines}
`

const first = (line: string): unknown => assemble(program(line), 'a.dasm').instructions[1]

describe('a line', () => {
  test('is an instruction: fields by name in any order, what is left out is zero', () => {
    const expected: InstructionOf<'COMPUTE'> = {
      op: 'COMPUTE',
      wait: 0b1001,
      signal: 0b10,
      beat: 0,
      beats: 29,
      group: 3,
      output: 0x100,
      gap: 0,
      firstRow: 0,
      rows: 7,
      laneSum: 0,
      accumulate: 0,
      logits: 0,
    }
    expect(first('COMPUTE rows=7 signal=s1 output=0x100 beats=29 wait=s0,s3 group=0b11 ; comment')).toEqual(expected)
  })

  test('names regions by their names', () => {
    expect(first('LOADW region=scratch address=0x10 beats=2')).toMatchObject({ region: 3, address: 16 })
  })

  test('takes signed values', () => {
    expect(first('LAYER patchHeight=1 patchWidth=1 wide=1 low=-128 high=127 zeroPoint=-3')).toMatchObject({
      low: -128,
      high: 127,
      zeroPoint: -3,
    })
  })

  test('takes a mask as a number', () => {
    expect(first('HALT wait=0x8001')).toMatchObject({ wait: 0x8001 })
  })

  test.each([
    ['2 + 3 * 4', 14],
    ['(2 + 3) * 4', 20],
    ['1 << 4 + 1', 32],
    ['10 - 3 - 2', 5],
    ['--5', 5],
    ['-(2 - 7)', 5],
    ['A * B', 42],
    ['B << 2', 28],
    ['0xFf', 255],
    ['0b101', 5],
  ])('computes %s = %d', (expression, value) => {
    expect(first(`.const A = 6\n.const B = A + 1\n  HALT\n  COMPUTE beats=1 rows=1 beat=${expression}`)).toMatchObject({
      op: 'HALT',
    })
    const text = program(`.const A = 6\n.const B = A + 1\n  COMPUTE beats=1 rows=1 beat=${expression}`)
    expect(assemble(text, 'a.dasm').instructions[1]).toMatchObject({ beat: value })
  })

  test('is a raw word, which may be illegal', () => {
    expect(first('.word 0x3f')).toEqual({ op: 'Illegal', word: 0x3fn, reason: 'no instruction has opcode 63' })
    expect(first('.word 1')).toEqual({ op: 'HALT', wait: 0, signal: 0 })
  })
})

describe('a text', () => {
  test('places entries at the instructions that follow', () => {
    const { entry, instructions, weightsIn, scratchBytes, machine } = assemble(
      `.weights streamed\n.scratch 1 << 12\n${program('  HALT')}`,
      'a.dasm',
    )
    expect({ entry, weightsIn, scratchBytes, machine }).toEqual({
      entry: { init: 0, infer: 1 },
      weightsIn: 'streamed',
      scratchBytes: 4096,
      machine: machines.tiny,
    })
    expect(instructions.length).toBe(2)
  })

  test('may end its lines with carriage returns', () => {
    expect(assemble(program('  HALT').replaceAll('\n', '\r\n'), 'a.dasm')).toEqual(
      assemble(program('  HALT'), 'a.dasm'),
    )
  })

  test('takes a machine as JSON, whole or based on a named one', () => {
    const text = program('HALT').replace('.machine tiny', '.machine {"base": "tiny", "name": "mine", "queueDepth": 3}')
    expect(assemble(text, 'a.dasm').machine).toEqual({ ...machines.tiny, name: 'mine', queueDepth: 3 })
  })

  test('holds constants as hex, upper or lower case, with blanks, comments and zeros', () => {
    const text = program('  HALT\n.constants\n  00 01\t02ff ; comment\n; another\n\n  AB\n  .zero 3\n  cd\n.end')
    expect([...assemble(text, 'a.dasm').constants]).toEqual([0, 1, 2, 255, 0xab, 0, 0, 0, 0xcd])
  })
})

describe('an error', () => {
  const message = (text: string): string => {
    try {
      assemble(text, 'a.dasm')
    } catch (error) {
      if (error instanceof DlpError) return error.message
      throw error
    }
    return 'no error'
  }

  test.each([
    ['  COMPTE beats=1', "6:3: no instruction 'COMPTE'; allowed: HALT, LOAD, ", 'COMPTE'],
    ['  HALT beats=1', "6:8: HALT has no field 'beats'; allowed: wait, signal", 'beats'],
    ['  LOADT slots=1 slots=2', "6:17: field 'slots' is given twice", 'slots'],
    ['  LOADT slots=256', "6:9: field 'slots' is 256; allowed: 0 to 255", 'slots'],
    ['  LOADT slots=129', '6:3: LOADT breaks a rule: slots is at most 128', 'LOADT'],
    ['  LOADT slots=1,2', "6:9: field 'slots' takes one value", 'slots'],
    ['  HALT wait=s16', "6:13: no constant 's16' is defined here", 's16'],
    ['  HALT wait=s1,s1', '6:16: semaphore s1 is given twice', 's1'],
    ['  HALT wait=s1,2', '6:16: a list of semaphores names each: s0 to s15', '2'],
    ['  HALT wait=65536', '6:8: the mask is 65536; allowed: 0 to 65535', 'wait'],
    ['  LOADT slots=A', "6:15: no constant 'A' is defined here", 'A'],
    ['  LOADT slots=1<<53', '6:16: a shift by 53; 0 to 52 are allowed', '<<'],
    ['  LOADT slots=0x20000000000000', '6:15: the value is outside ±2^53', '0x20000000000000'],
    ['  LOADT slots 1', "6:15: expected '='; found '1'", '1'],
    ['  LOADT slots=', "6:15: expected '-', a whole number, a name, '('; found the end of the line", ''],
    ['  LOADT slots=(1', "6:17: expected ')'; found the end of the line", ''],
    ['  LOADT slots=1 2', "6:17: unexpected '2'", '2'],
    ['  LOADT slots=1 ?', "6:17: unexpected '?'", '?'],
    ['  =', "6:3: expected an instruction, a label or a directive; found '='", '='],
    [
      '  .words 1',
      "6:3: expected a directive: .program, .machine, .isa, .timing, .weights, .scratch, .class, .const, .word, .input, .output, .layer, .constants; found '.words'",
      '.words',
    ],
    ['loop:', "6:1: no entry 'loop'; allowed: init, infer", 'loop'],
    ['infer:', '6:1: infer: is given twice; first in line 5', 'infer'],
    ['.isa 0', '6:6: a version is 1 to 65535', '0'],
    ['.timing 65536', '6:9: a version is 1 to 65535', '65536'],
    ['.machine edge', '6:10: .machine is given twice; first in line 2', 'edge'],
    ['.const A = 1\n.const A = 2', "7:8: constant 'A' is defined twice", 'A'],
    ['.weights here', "6:10: weights are 'here'; allowed: resident, streamed", 'here'],
    [
      '.word 0x100000000000000000000000000000000',
      '6:7: the word has more than 128 bits',
      '0x100000000000000000000000000000000',
    ],
    [
      '.layer {"name": "a"}',
      "6:1: kind: nothing found; allowed: 'linear' or 'logits' or 'maxPool' or 'move' or 'repatch'",
      '.layer {"name": "a"}',
    ],
    ['.layer {"name"}', '6:1: is not JSON: ', '.layer {"name"}'],
    ['.constants\nabc\n.end', '7:1: an odd number of hex digits', 'abc'],
    ['.constants\n00\n 11 223\n.end', '8:5: an odd number of hex digits', '223'],
    ['.constants\nxyz\n.end', "7:1: expected bytes in hex, '.zero <bytes>' or '.end'; found 'xyz'", 'xyz'],
    ['.constants\n.zero 2000000000\n.end', '7:1: more than 1073741824 bytes of constants', '.zero 2000000000'],
    ['.constants\n00', '6:1: .constants has no .end', '.constants'],
  ])('in %j points at what is wrong', (lines, expected, pointed) => {
    const found = message(program(lines))
    expect(found.startsWith(`a.dasm:${expected}`), found).toBe(true)
    const rows = found.split('\n')
    const source = rows.at(-2) ?? ''
    const carets = rows.at(-1) ?? ''
    expect(
      source
        .slice(carets.indexOf('^'))
        .slice(0, Math.max(carets.trimEnd().length - carets.indexOf('^'), 0))
        .trimEnd(),
    ).toBe(pointed)
  })

  test('shows location, line and caret', () => {
    expect(message(program('\tLOADT\tslots=300'))).toBe(
      "a.dasm:6:8: field 'slots' is 300; allowed: 0 to 255\n  6 |  LOADT slots=300\n    |        ^^^^^",
    )
  })

  test('is reported with all others, in the order of the lines', () => {
    const found = message(program('  HALTT\n  HALT\n  LOADT slots=\n  ?\n  LOADT slots=999'))
    expect([...found.matchAll(/^a\.dasm:(\d+):/gm)].map(([, line]) => line)).toEqual(['6', '8', '9', '10'])
  })

  test(`is one of at most ${mostProblems}`, () => {
    const found = message(program('  HALTT\n'.repeat(25)))
    expect(found.match(/^a\.dasm:/gm)?.length).toBe(20)
    expect(found.endsWith('\nand 5 more')).toBe(true)
  })

  test.each([
    ['.machine tiny\ninit:\ninfer:', 'the text has no .program'],
    ['.program "p"\ninit:\ninfer:', 'the text has no .machine'],
    ['.program "p"\n.machine tiny\ninfer:', "the text has no entry 'init:'"],
    ['.program "p"\n.machine tiny\ninit:', "the text has no entry 'infer:'"],
    ['', 'the text has no .machine'],
  ])('names what %j lacks', (text, expected) => {
    expect(message(text)).toContain(expected)
  })

  test('in a long line shows the part around the location', () => {
    const found = message(program(`  LOADT ${'slots=1 '.repeat(50)}`))
    expect(found.split('\n')[1]?.length).toBeLessThan(120)
  })

  test('of nesting is reported before the stack overflows', () => {
    expect(message(program(`  LOADT slots=${'('.repeat(100_000)}`))).toContain(
      'more than 100 parentheses within each other',
    )
    for (const text of ['1' + '+1'.repeat(100_000), '-'.repeat(100_000) + '1'])
      expect(message(program(`  LOADT slots=${text}`))).toContain('more than 1000 operators in a line')
    expect(first(`  LOADT slots=1${'+0'.repeat(1000)}`)).toMatchObject({ slots: 1 })
    expect(first(`  LOADT slots=${'('.repeat(100)}1${')'.repeat(100)}`)).toMatchObject({ slots: 1 })
  })
})
