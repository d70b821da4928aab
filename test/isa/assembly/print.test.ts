// Printing and assembling undo each other, down to the bytes of the container.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { instruction as anyInstruction, machine as anyMachine } from '../../../isa/arbitraries.ts'
import { assemble } from '../../../isa/assembly/assemble.ts'
import { print, printInstruction } from '../../../isa/assembly/print.ts'
import { writeProgram } from '../../../isa/container/write.ts'
import type { Program } from '../../../isa/program.ts'
import { random } from '../../../base/random.ts'
import { currentVersions, mostVersion } from '../../../isa/versions.ts'
import { instruction, sampleProgram } from '../container/sample-program.ts'

const anyName = fc.string({ unit: 'grapheme', maxLength: 12 }).filter((name) => !/[\p{Cc}\p{Cs}]/u.test(name))
const whole = (max: number): fc.Arbitrary<number> => fc.integer({ min: 0, max })
/** Bytes in runs, zeros among them. */
const bytes = fc
  .array(fc.tuple(fc.constantFrom(0, 0, 1, 255), fc.integer({ min: 1, max: 150 })), { maxLength: 5 })
  .map((runs) => Uint8Array.from(runs.flatMap(([byte, length]) => Array.from({ length }, () => byte))))

const tensor = (region: 'input' | 'output') =>
  fc.record(
    {
      name: anyName,
      region: fc.constant(region),
      offset: whole(4096),
      bytes: whole(4096),
      shape: fc.array(fc.integer({ min: 1, max: 99 }), { minLength: 1, maxLength: 3 }),
      layout: fc.constantFrom('map' as const, 'logits' as const),
      bits: fc.constantFrom(4, 8, 32),
      signed: fc.boolean(),
      patch: fc.tuple(whole(20), whole(20)),
      spaceToDepth: whole(4),
      storedChannels: whole(64),
      scale: fc.array(fc.double({ min: 1e-9, max: 1e3, noNaN: true }), { minLength: 1, maxLength: 4 }),
      zeroPoint: fc.integer({ min: -128, max: 255 }),
      preprocessing: fc.record(
        {
          mean: fc.constant([0.5, 0.1]),
          std: fc.constant([1, 0.3]),
          resize: fc.constantFrom([256], [64, 48]),
          crop: fc.constant([224, 192] as const),
          channelOrder: fc.constantFrom('rgb' as const, 'bgr' as const),
        },
        { requiredKeys: [] },
      ),
      steps: fc.array(
        fc.record({
          op: fc.constantFrom('add' as const, 'sub' as const, 'mul' as const, 'div' as const),
          by: fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), { minLength: 1, maxLength: 3 }),
        }),
        { minLength: 1, maxLength: 3 },
      ),
      arrangement: fc.record({
        split: fc.array(fc.integer({ min: 1, max: 99 }), { minLength: 1, maxLength: 4 }),
        order: fc.array(fc.nat(15), { minLength: 1, maxLength: 4 }),
        shape: fc.array(fc.integer({ min: 1, max: 99 }), { minLength: 1, maxLength: 4 }),
      }),
    },
    {
      requiredKeys: [
        'name',
        'region',
        'offset',
        'bytes',
        'shape',
        'layout',
        'bits',
        'signed',
        'patch',
        'spaceToDepth',
        'storedChannels',
        'scale',
        'zeroPoint',
      ],
    },
  )
const layer = fc.record({
  name: anyName,
  kind: fc.constantFrom('linear' as const, 'logits' as const, 'maxPool' as const, 'move' as const, 'repatch' as const),
  first: whole(12),
  end: whole(12),
  shape: fc.tuple(fc.integer({ min: 1, max: 64 }), fc.integer({ min: 1, max: 64 }), fc.integer({ min: 1, max: 64 })),
  usefulMacs: fc.maxSafeNat(),
  nonZeros: whole(999),
  weights: whole(999),
  boundBeats: whole(999),
  beats: whole(999),
})
const anyProgram: fc.Arbitrary<Program> = fc
  .record({
    machine: anyMachine,
    name: anyName,
    instructions: fc.array(anyInstruction, { maxLength: 12 }),
    constants: bytes,
    inputs: fc.array(tensor('input'), { maxLength: 2 }),
    outputs: fc.array(tensor('output'), { maxLength: 2 }),
    layers: fc.array(layer, { maxLength: 3 }),
    weightsIn: fc.constantFrom('resident' as const, 'streamed' as const),
    versions: fc.record({
      isa: fc.integer({ min: currentVersions.oldestIsa, max: currentVersions.isa }),
      timing: fc.integer({ min: 1, max: mostVersion }),
    }),
    scratchBytes: whole(1e6),
  })
  .chain((program) =>
    fc
      .record({ init: whole(program.instructions.length), infer: whole(program.instructions.length) })
      .map((entry) => ({ ...program, entry })),
  )

describe('print', () => {
  test('assembling what was printed gives the program again, to the byte', () => {
    fc.assert(
      fc.property(anyProgram, (program) => {
        const again = assemble(print(program), 'printed.dasm')
        expect(again).toEqual(program)
        expect(Buffer.compare(writeProgram(again), writeProgram(program))).toBe(0)
        expect(print(again)).toBe(print(program))
      }),
      { numRuns: 300 },
    )
  })

  test('a program prints as this text', () => {
    const program: Program = {
      ...sampleProgram(),
      constants: Uint8Array.from({ length: 200 }, (_, at) => (at < 10 || at > 190 ? at : 0)),
    }
    expect(print(program)).toMatchInlineSnapshot(`
      ".program "sample – ünïcode"
      .machine {"accumulatorBits":32,"axiBits":64,"banks":4,"clockMHz":100,"clusters":2,"drainRows":2,"dramLatencyCycles":8,"featureWords":512,"gridHeight":2,"gridWidth":2,"instructionWords":512,"name":"tiny","outstandingBursts":16,"packedPairs":false,"parameterGroups":64,"queueDepth":2,"rows":8,"weightBeats":1024}
      .isa 1
      .timing 1
      .weights resident
      .input {"name":"image","region":"input","offset":0,"bytes":32,"shape":[3,4,4],"layout":"map","bits":4,"signed":false,"patch":[2,2],"spaceToDepth":1,"storedChannels":3,"scale":[0.25],"zeroPoint":1,"preprocessing":{"mean":[0.5,0.25,0.125],"std":[1,2,0.1]}}
      .output {"name":"logits","region":"output","offset":0,"bytes":64,"shape":[8],"layout":"logits","bits":32,"signed":true,"patch":[0,0],"spaceToDepth":0,"storedChannels":0,"scale":[1,2,3,4,5,6,7,8.125],"zeroPoint":0}
      .layer {"name":"fc","kind":"logits","first":5,"end":7,"shape":[8,1,1],"usefulMacs":512,"nonZeros":32,"weights":40,"boundBeats":5,"beats":6}

      init:
        LOADW region=constants beats=6
        HALT

      infer:
        LOADP region=constants address=0x3 groups=1
        LOADT region=constants address=0x4 slots=2 tapBits=2 signal=s1
        LOAD region=input positions=4 planeStride=4 channels=3 signal=s0
        ; fc
        LAYER patchHeight=2 patchWidth=2 planeStride=4 high=15 validHeight=4 validWidth=4 wait=s1
        COMPUTE beats=6 rows=2 laneSum=1 logits=1 wait=s0 signal=s2
        STOREL region=output count=8 wait=s2
        HALT

      .constants
      0001020304050607080900000000000000000000000000000000000000000000
      .zero 128
      00000000000000000000000000000000000000000000000000000000000000bf
      c0c1c2c3c4c5c6c7
      .end
      "
    `)
  })

  test('an instruction is one line: fields that are not zero, regions by name, addresses in hex, masks as lists', () => {
    expect(
      printInstruction(instruction('LOAD', { region: 1, address: 31, positions: 16, wait: 5, signal: 0x8000 })),
    ).toBe('LOAD region=input address=0x1f positions=16 wait=s0,s2 signal=s15')
    expect(printInstruction({ op: 'Illegal', word: 0x3fn, reason: '' })).toBe(
      '.word 0x0000000000000000000000000000003f',
    )
  })

  test('constants of 20 MB print and assemble within seconds', () => {
    const draw = random(5)
    const constants = new Uint8Array(20_000_000)
    for (let at = 0; at < constants.length; at++) constants[at] = Math.floor(draw() * 256)
    const program = { ...sampleProgram(), constants }
    const start = performance.now()
    const text = print(program)
    const printed = performance.now()
    const again = assemble(text, 'large.dasm')
    const assembled = performance.now()
    expect(Buffer.compare(again.constants, constants)).toBe(0)
    expect(printed - start).toBeLessThan(5000)
    expect(assembled - printed).toBeLessThan(10_000)
  })
})
