// The .dlp file: reading undoes writing, to the byte, and every damage is refused.

import fc from 'fast-check'
import { crc32 } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { instruction as anyInstruction } from '../../../isa/arbitraries.ts'
import { header, machineHash, machineText } from '../../../isa/container/format.ts'
import { readProgram, readSections } from '../../../isa/container/read.ts'
import { verifyProgram } from '../../../isa/container/verify.ts'
import { writeProgram } from '../../../isa/container/write.ts'
import { decode } from '../../../isa/codec.ts'
import { DlpError } from '../../../base/error.ts'
import { machines } from '../../../isa/model/machine.ts'
import type { Program } from '../../../isa/program.ts'
import { random } from '../../../base/random.ts'
import { currentVersions, mostVersion, versionsOf } from '../../../isa/versions.ts'
import { checkProgram } from '../../../host/rules.ts'
import { instructions } from '../../../isa/instructions.ts'
import type { InstructionEntry } from '../../../isa/instructions.ts'
import { Simulator, simulateTiming } from '../../../simulator/simulate.ts'
import { instruction, sampleProgram } from './sample-program.ts'

const sample = sampleProgram()
const bytes = writeProgram(sample)

const name = fc.string({ unit: 'grapheme', maxLength: 20 }).map((text) => text.replace(/[\p{Cc}\p{Cs}]/gu, ''))
const count = fc.nat(2 ** 40)
const positive = fc.double({ min: Number.MIN_VALUE, max: 1e300, noNaN: true })

const side = fc.integer({ min: 1, max: 16384 })
const preprocessing = fc.record(
  {
    mean: fc.array(fc.double({ min: -1e9, max: 1e9, noNaN: true }), { minLength: 1, maxLength: 3 }),
    std: fc.array(positive, { minLength: 1, maxLength: 3 }),
    resize: fc.array(side, { minLength: 1, maxLength: 2 }),
    crop: fc.tuple(side, side),
    channelOrder: fc.constantFrom('rgb' as const, 'bgr' as const),
  },
  { requiredKeys: [] },
)

/** Programs whose fields are anything that the file can hold; not programs that would run. */
const arbitraryProgram: fc.Arbitrary<Program> = fc.record({
  machine: fc.constantFrom(...Object.values(machines)),
  name,
  instructions: fc.array(anyInstruction, { maxLength: 40 }),
  entry: fc.record({ init: fc.nat(65536), infer: fc.nat(65536) }),
  constants: fc.uint8Array({ maxLength: 300 }),
  inputs: fc.array(
    fc.record({
      name,
      preprocessing,
      region: fc.constantFrom('input' as const, 'output' as const),
      offset: fc.nat(1000),
      bytes: fc.nat(1000),
      shape: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 3 }),
      layout: fc.constantFrom('map' as const, 'logits' as const),
      bits: fc.integer({ min: 4, max: 32 }),
      signed: fc.boolean(),
      patch: fc.tuple(fc.nat(255), fc.nat(255)),
      spaceToDepth: fc.nat(16),
      storedChannels: fc.nat(4095),
      scale: fc.array(positive, { minLength: 1, maxLength: 4 }),
      zeroPoint: fc.integer({ min: -128, max: 255 }),
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
    }),
    { maxLength: 3 },
  ),
  outputs: fc.constantFrom(sample.outputs, []),
  layers: fc.array(
    fc.record({
      name,
      kind: fc.constantFrom('linear' as const, 'maxPool' as const),
      first: fc.nat(65536),
      end: fc.nat(65536),
      shape: fc.tuple(fc.integer({ min: 1, max: 4096 }), fc.constant(3), fc.constant(1)),
      usefulMacs: count,
      nonZeros: count,
      weights: count,
      boundBeats: count,
      beats: count,
    }),
    { maxLength: 4 },
  ),
  weightsIn: fc.constantFrom('resident' as const, 'streamed' as const),
  versions: fc.record({
    isa: fc.integer({ min: currentVersions.oldestIsa, max: currentVersions.isa }),
    timing: fc.integer({ min: 1, max: mostVersion }),
  }),
  scratchBytes: fc.nat(2 ** 30),
})

describe('a .dlp file', () => {
  test('reads back as the program that was written', () => {
    expect(readProgram(bytes, 'p.dlp')).toEqual(sample)
    fc.assert(
      fc.property(arbitraryProgram, (program) => {
        expect(readProgram(writeProgram(program), 'p.dlp')).toEqual(program)
      }),
    )
  })

  test('is canonical: what was read writes the same bytes', () => {
    fc.assert(
      fc.property(arbitraryProgram, (program) => {
        const written = writeProgram(program)
        expect(Buffer.compare(writeProgram(readProgram(written, 'p.dlp')), written)).toBe(0)
      }),
    )
  })

  test('does not depend on the order of a program’s fields', () => {
    const turned = Object.fromEntries(Object.entries(sample).reverse()) as unknown as Program
    const machine = Object.fromEntries(Object.entries(sample.machine).reverse()) as unknown as Program['machine']
    expect(Buffer.compare(writeProgram({ ...turned, machine }), bytes)).toBe(0)
  })

  test('reads from the middle of a larger buffer', () => {
    const larger = new Uint8Array(bytes.length + 20)
    larger.set(bytes, 7)
    expect(readProgram(larger.subarray(7, 7 + bytes.length), 'p.dlp')).toEqual(sample)
  })

  test('begins as the README defines', () => {
    expect(Buffer.from(bytes.subarray(0, 16)).toString('hex')).toBe(
      `444c5042` + `0200` + `0400` + Buffer.from(Uint32Array.of(bytes.length).buffer).toString('hex') + `0100` + `0100`,
    )
    expect(readSections(bytes, 'p.dlp').map((section) => [section.name, section.offset % 64])).toEqual([
      ['machine', 0],
      ['metadata', 0],
      ['instructions', 0],
      ['constants', 0],
    ])
  })
})

describe('damage', () => {
  const refused = (damaged: Uint8Array): void => {
    let error: unknown
    try {
      readProgram(damaged, 'p.dlp')
    } catch (caught) {
      error = caught
    }
    if (!(error instanceof DlpError)) expect.fail(`not refused with a DlpError: ${String(error)}`)
  }

  test('of any single bit is refused', () => {
    const flipped = bytes.slice()
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      flipped[bit >> 3]! ^= 1 << (bit & 7)
      refused(flipped)
      flipped[bit >> 3]! ^= 1 << (bit & 7)
    }
  })

  test('by truncation at any byte is refused', () => {
    for (let length = 0; length < bytes.length; length++) refused(bytes.subarray(0, length))
  })

  test('by bytes added is refused', () => {
    for (const extra of [1, 15, 64]) {
      const longer = new Uint8Array(bytes.length + extra)
      longer.set(bytes)
      refused(longer)
    }
  })

  test('by random bytes under valid checksums is refused or read as a canonical program, never anything else', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 1, max: 6 }), (seed, edits) => {
        const draw = random(seed)
        const forged = bytes.slice()
        for (let edit = 0; edit < edits; edit++) forged[Math.floor(draw() * forged.length)] = Math.floor(draw() * 256)
        reseal(forged)
        try {
          expect(Buffer.compare(writeProgram(readProgram(forged, 'p.dlp')), forged)).toBe(0)
        } catch (error) {
          if (!(error instanceof DlpError)) throw error
        }
      }),
      { numRuns: 3000 },
    )
  })
})

/** Makes every checksum fit again, as an attacker would: only for sections that lie within the file. */
function reseal(forged: Uint8Array): void {
  const view = new DataView(forged.buffer)
  for (let entry = header.table; entry < header.spare; entry += 16) {
    const offset = view.getUint32(entry + 4, true)
    const length = view.getUint32(entry + 8, true)
    if (offset + length <= forged.length)
      view.setUint32(entry + 12, crc32(forged.subarray(offset, offset + length)), true)
  }
  view.setUint32(header.checksum, crc32(forged.subarray(0, header.checksum)), true)
}

describe('forged metadata', () => {
  /** The sample's file with its metadata's text changed and all checksums right. */
  function forged(change: (text: string) => string): Uint8Array {
    const [machine, metadata, ...rest] = readSections(bytes, 'p.dlp')
    const text = Buffer.from(
      change(Buffer.from(bytes.subarray(metadata!.offset, metadata!.offset + metadata!.length)).toString()),
    )
    const after = rest.map(({ offset, length }) => bytes.subarray(offset, offset + length))
    const parts = [bytes.subarray(machine!.offset, machine!.offset + machine!.length), text, ...after]
    const offsets: number[] = []
    let end: number = header.bytes
    for (const part of parts) {
      offsets.push(Math.ceil(end / 64) * 64)
      end = offsets.at(-1)! + part.length
    }
    const made = new Uint8Array(end)
    made.set(bytes.subarray(0, header.bytes))
    const view = new DataView(made.buffer)
    view.setUint32(header.fileBytes, end, true)
    parts.forEach((part, index) => {
      made.set(part, offsets[index])
      view.setUint32(header.table + 16 * index + 4, offsets[index]!, true)
      view.setUint32(header.table + 16 * index + 8, part.length, true)
    })
    reseal(made)
    return made
  }

  test('the forger changes only what the test edits', () => {
    expect(
      Buffer.compare(
        forged((text) => text),
        bytes,
      ),
    ).toBe(0)
  })

  test.each<[string, (text: string) => string, string]>([
    ['an unknown field', (text) => text.replace('{', '{"extra":1,'), "unknown field 'extra'"],
    ['a prototype', (text) => text.replace('{', '{"__proto__":{"name":"x"},'), "unknown field '__proto__'"],
    ['a missing field', (text) => text.replace(/,"weightsIn":"resident"/, ''), 'weightsIn: nothing found'],
    ['a field named twice', (text) => text.replace('{', '{"name":"x",'), 'not written canonically'],
    ['spaces', (text) => text.replace('{', '{ '), 'not written canonically'],
    [
      'a number written otherwise',
      (text) => text.replace('"scratchBytes":0', '"scratchBytes":0e3'),
      'not written canonically',
    ],
    ['a negative size', (text) => text.replace('"scratchBytes":0', '"scratchBytes":-1'), 'scratchBytes: -1 found'],
    ['a fraction', (text) => text.replace('"infer":2', '"infer":2.5'), 'entry.infer: 2.5 found'],
    ['an infinite scale', (text) => text.replace('"scale":[0.25]', '"scale":[1e999]'), 'scale[0]'],
    ['a huge size', (text) => text.replace('"shape":[3,4,4]', '"shape":[3,4,1e15]'), 'shape[2]'],
    ['an unknown word', (text) => text.replace('resident', 'elsewhere'), "'resident' or 'streamed'"],
    ['a control character', (text) => text.replace('sample', '\\u001b[2J'), 'none of them control characters'],
    ['no JSON', (text) => text.slice(1), 'is not JSON'],
    ['deep nesting', () => '['.repeat(100_000), 'nests lists and objects more than 32 deep'],
    ['a list', () => '[]', 'an object'],
    ['null', () => 'null', 'an object'],
    ['nothing', () => '', 'is not JSON'],
    ['bytes that are no text', (text) => text, 'not UTF-8'],
  ])('%s is refused', (title, change, message) => {
    const made = forged(change)
    if (title === 'bytes that are no text') {
      made[readSections(bytes, 'p.dlp')[1]!.offset + 10] = 0xff
      reseal(made)
    }
    expect(() => readProgram(made, 'p.dlp')).toThrow(DlpError)
    expect(() => readProgram(made, 'p.dlp')).toThrow(message)
  })
})

describe('a program for something else', () => {
  test('is refused with its machine and the differences', () => {
    expect(() => readProgram(bytes, 'p.dlp', { ...machines.tiny, name: 'mine', banks: 2 })).toThrow(
      "p.dlp: was compiled for machine 'tiny': name is tiny instead of mine, banks is 4 instead of 2",
    )
    expect(readProgram(bytes, 'p.dlp', machines.tiny)).toEqual(sample)
  })

  test('is refused with its version', () => {
    const other = bytes.slice()
    other[4] = 9
    expect(() => readProgram(other, 'p.dlp')).toThrow(
      'format version 9; allowed: 2 (it was written by a newer dlp: update dlp)',
    )
  })

  test('of another ISA version is refused; of another timing version it is read, but is neither sound nor run', () => {
    const other = (versions: Program['versions']): Uint8Array => writeProgram({ ...sample, versions })
    expect(() => readProgram(other({ isa: 9, timing: 1 }), 'p.dlp')).toThrow(
      'p.dlp: needs ISA version 9; allowed: 1, as this dlp has (it was made by a newer dlp: update dlp, or compile the model again)',
    )
    const late = readProgram(other({ isa: 1, timing: 9 }), 'p.dlp')
    expect(late.versions).toEqual({ isa: 1, timing: 9 })
    expect(verifyProgram(late)).toEqual([
      'was made for timing version 9, and would compute wrong values in another (allowed: 1, as this dlp has): it was made by a newer dlp: update dlp, or compile the model again',
    ])
    for (const run of [() => new Simulator(late), () => simulateTiming(late), () => checkProgram(late, late.machine)])
      expect(run).toThrow(/made for timing version 9.*compile the model again/)
  })

  test('of version 0, which the writer refuses, is damaged', () => {
    for (const [stated, at] of [
      ['ISA version 0, timing version 1', header.isaVersion],
      ['ISA version 1, timing version 0', header.timingVersion],
    ] as const) {
      const forged = bytes.slice()
      new DataView(forged.buffer).setUint16(at, 0, true)
      reseal(forged)
      expect(() => readProgram(forged, 'p.dlp')).toThrow(`p.dlp: is damaged: its header states ${stated} (`)
    }
  })

  test('with any version in its header is refused, or writes the same bytes again', () => {
    const version = fc.oneof(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: mostVersion }))
    fc.assert(
      fc.property(version, version, (isa, timing) => {
        const forged = bytes.slice()
        new DataView(forged.buffer).setUint16(header.isaVersion, isa, true)
        new DataView(forged.buffer).setUint16(header.timingVersion, timing, true)
        reseal(forged)
        const isRead = isa >= currentVersions.oldestIsa && isa <= currentVersions.isa && timing > 0
        if (isRead) expect(Buffer.compare(writeProgram(readProgram(forged, 'p.dlp')), forged)).toBe(0)
        else expect(() => readProgram(forged, 'p.dlp')).toThrow(DlpError)
      }),
    )
  })

  test('cannot state a version that the header cannot hold', () => {
    for (const versions of [
      { isa: 0, timing: 1 },
      { isa: 1, timing: 2 ** 16 },
      { isa: 1.5, timing: 1 },
    ])
      expect(() => writeProgram({ ...sample, versions })).toThrow('allowed: 1 to 65535')
  })

  test('states the ISA version that its instructions need', () => {
    const { COMPUTE, POOL } = instructions
    const table = {
      ...instructions,
      COMPUTE: { ...COMPUTE, since: 2 },
      POOL: { ...POOL, fields: { ...POOL.fields, advance: { ...POOL.fields.advance, since: 4 } } },
    }
    const pool = (advance: number) => instruction('POOL', { slots: 1, windowHeight: 2, windowWidth: 2, advance })
    expect(versionsOf([instruction('HALT')], table).isa).toBe(1)
    expect(versionsOf([instruction('HALT'), instruction('COMPUTE')], table).isa).toBe(2)
    expect(versionsOf([pool(0), instruction('COMPUTE')], table).isa).toBe(2)
    expect(versionsOf([pool(1), instruction('COMPUTE')], table).isa).toBe(4)
    expect(versionsOf([decode(0n)], table).isa).toBe(1)
    const entries = Object.values<InstructionEntry>(instructions)
    const latest = Math.max(
      ...entries.flatMap(({ since = 1, fields }) => [since, ...Object.values(fields).map((field) => field.since ?? 1)]),
    )
    expect(latest).toBeLessThanOrEqual(currentVersions.isa)
  })

  test('is refused as no program', () => {
    expect(() => readProgram(new Uint8Array(500), 'p.dlp')).toThrow('p.dlp: is not a .dlp program')
    expect(() => readProgram(new Uint8Array(0), 'p.dlp')).toThrow('is not a .dlp program')
  })

  test('a machine’s hash is that of its text, and differs between machines', () => {
    expect(machineText(machines.tiny)).toMatch(/^\{"accumulatorBits":32,"axiBits":64,.*"weightBeats":1024\}$/)
    expect(machineHash(machines.tiny)).not.toEqual(machineHash({ ...machines.tiny, clockMHz: 101 }))
  })
})

test('a program that does not fit the format is not written', () => {
  expect(() => writeProgram({ ...sample, name: 'a\nb' })).toThrow(DlpError)
  expect(() => writeProgram({ ...sample, scratchBytes: Number.NaN })).toThrow(DlpError)
  expect(() => writeProgram({ ...sample, machine: { ...machines.tiny, banks: 3 } })).toThrow(DlpError)
})
