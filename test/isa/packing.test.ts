// Tensors in DRAM: unpacking undoes packing on any machine, the bytes lie where isa/README.md defines, and codes round as ONNX does.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { codeRange } from '../../base/bits.ts'
import { DlpError } from '../../base/error.ts'
import { wordBits, wordGroupBytes } from '../../isa/model/sizes.ts'
import { machines } from '../../isa/model/machine.ts'
import type { Machine } from '../../isa/model/machine.ts'
import {
  brokenTensorRule,
  dequantiseOutput,
  inModelOrder,
  inOwnOrder,
  packTensor,
  quantiseInput,
  steppedInput,
  tensorBytes,
  unpackTensor,
} from '../../isa/packing.ts'
import type { TensorDescriptor } from '../../isa/program.ts'
import { random } from '../../base/random.ts'
import { arbitraryMachine } from './arbitrary-machine.ts'

const plain: TensorDescriptor = {
  name: 'x',
  region: 'input',
  offset: 0,
  bytes: 0,
  shape: [3, 8, 8],
  layout: 'map',
  bits: 8,
  signed: false,
  patch: [4, 4],
  spaceToDepth: 1,
  storedChannels: 3,
  scale: [1],
  zeroPoint: 0,
}

const sized = (tensor: TensorDescriptor, machine: Machine): TensorDescriptor => ({
  ...tensor,
  bytes: tensorBytes(tensor, machine),
})

/** A machine, a map that fits its patches, and random codes. */
const arbitraryMap = fc
  .record({
    machine: arbitraryMachine,
    channels: fc.integer({ min: 1, max: 40 }),
    height: fc.integer({ min: 1, max: 11 }),
    width: fc.integer({ min: 1, max: 11 }),
    slack: fc.tuple(fc.integer({ min: 0, max: 1 }), fc.integer({ min: 0, max: 1 })),
    bits: fc.constantFrom(4, 8),
    signed: fc.boolean(),
    spaceToDepth: fc.integer({ min: 1, max: 3 }),
    surplus: fc.integer({ min: 0, max: 2 }),
    seed: fc.integer(),
  })
  .map(({ machine, channels, height, width, slack, bits, signed, spaceToDepth, surplus, seed }) => {
    const patch = [
      Math.ceil(height / spaceToDepth / machine.gridHeight) + slack[0],
      Math.ceil(width / spaceToDepth / machine.gridWidth) + slack[1],
    ] as const
    const storedChannels = channels * spaceToDepth ** 2 + surplus
    const zeroPoint = signed ? -3 : 3
    const shape = [channels, height, width]
    const tensor = sized({ ...plain, shape, bits, signed, patch, spaceToDepth, storedChannels, zeroPoint }, machine)
    const { low, high } = codeRange(tensor)
    const draw = random(seed)
    const codes = Int32Array.from(
      { length: channels * height * width },
      () => low + Math.floor(draw() * (high - low + 1)),
    )
    return { machine, tensor, codes }
  })

/** The code at a position of the map after space-to-depth, read bit by bit: slow, and written from the text of isa/README.md alone. */
function codeAt(
  bytes: Uint8Array,
  tensor: TensorDescriptor,
  machine: Machine,
  stored: number,
  y: number,
  x: number,
): number {
  const [ph, pw] = tensor.patch
  const lane = Math.floor(y / ph) * machine.gridWidth + Math.floor(x / pw)
  const position = (y % ph) * pw + (x % pw)
  const perSlot = machine.clusters * machine.banks
  let at = 0
  let code = 0
  for (let p = 0; p <= position; p++)
    for (let slot = 0; slot * perSlot < tensor.storedChannels; slot++)
      for (let plane = 0; plane < tensor.bits / 4; plane++) {
        if (p === position && slot === Math.floor(stored / perSlot)) {
          const bit = (at + ((stored % perSlot) * wordBits(machine)) / 8) * 8 + 4 * lane
          code |= ((bytes[bit >> 3]! >> (bit & 7)) & 15) << (4 * plane)
        }
        at += wordGroupBytes(machine, Math.min(perSlot, tensor.storedChannels - slot * perSlot))
      }
  return tensor.signed ? (code << (32 - tensor.bits)) >> (32 - tensor.bits) : code
}

describe('a map in DRAM', () => {
  test('unpacks to what was packed, on any machine', () => {
    fc.assert(
      fc.property(arbitraryMap, ({ machine, tensor, codes }) => {
        expect(brokenTensorRule(tensor, machine)).toBeUndefined()
        const bytes = packTensor(codes, tensor, machine)
        expect(bytes.length).toBe(tensor.bytes)
        expect(unpackTensor(bytes, tensor, machine)).toEqual(codes)
      }),
    )
  })

  test('lies position by position, slot by slot, plane by plane, channels innermost; padding of a map is the zero point', () => {
    fc.assert(
      fc.property(arbitraryMap, fc.integer({ min: 0, max: 2 ** 30 }), ({ machine, tensor, codes }, choice) => {
        const bytes = packTensor(codes, tensor, machine)
        const [channels, height, width] = tensor.shape as [number, number, number]
        const factor = tensor.spaceToDepth
        const stored = choice % tensor.storedChannels
        const y = (choice >> 8) % Math.ceil(height / factor)
        const x = (choice >> 16) % Math.ceil(width / factor)
        const sub = Math.floor(stored / channels)
        const fullY = y * factor + Math.floor(sub / factor)
        const fullX = x * factor + (sub % factor)
        const real = sub < factor * factor && fullY < height && fullX < width
        const expected = real ? codes[((stored % channels) * height + fullY) * width + fullX] : tensor.zeroPoint
        expect(codeAt(bytes, tensor, machine, stored, y, x)).toBe(expected)
      }),
      { numRuns: 300 },
    )
  })

  test('of the card: 224 × 224 × 3 folded by two takes 256 positions of two 448-byte groups of 13 words', () => {
    const tensor = { ...plain, shape: [3, 224, 224], patch: [16, 16] as const, spaceToDepth: 2, storedChannels: 13 }
    expect(tensorBytes(tensor, machines.card)).toBe(256 * 2 * 448)
  })
})

describe('logits in DRAM', () => {
  test('are int32 in order, little-endian', () => {
    const tensor = { ...plain, layout: 'logits', shape: [2], bits: 32, signed: true, bytes: 64 } as const
    const bytes = packTensor([-2, 258], tensor, machines.tiny)
    expect([...bytes.subarray(0, 9)]).toEqual([254, 255, 255, 255, 2, 1, 0, 0, 0])
    expect([...unpackTensor(bytes, tensor, machines.tiny)]).toEqual([-2, 258])
  })
})

describe('codes of real values', () => {
  const signed = { ...plain, shape: [1, 1, 8], signed: true, scale: [0.5], zeroPoint: 1 }

  test('round to nearest, halves to even, then add the zero point and saturate', () => {
    const real = [0.25, 0.75, -0.25, -0.75, 0.3, 100, -100, 0]
    expect([...quantiseInput(real, signed)]).toEqual([1, 3, 1, -1, 2, 127, -128, 1])
  })

  test('take the scale of their channel', () => {
    const tensor = { ...plain, shape: [2, 1, 1], scale: [1, 0.25] }
    expect([...quantiseInput([5, 5], tensor)]).toEqual([5, 20])
    expect([...dequantiseOutput([5, 20], tensor)]).toEqual([5, 5])
  })

  test('are restored from their real values', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -128, max: 127 }),
        fc.float({ min: Math.fround(1e-6), max: 10, noNaN: true }),
        (code, scale) => {
          const tensor = { ...signed, shape: [1, 1, 1], scale: [scale] }
          expect([...quantiseInput(dequantiseOutput([code], tensor), tensor)]).toEqual([code])
        },
      ),
    )
  })
})

describe('refused with a DlpError', () => {
  const { tiny } = machines
  const good = sized(plain, tiny)
  const codes = new Int32Array(3 * 64)
  test.each<[string, Partial<TensorDescriptor>, string]>([
    ['a shape of four sizes', { shape: [1, 3, 8, 8] }, 'three sizes'],
    ['a huge shape', { shape: [2 ** 20, 2 ** 20, 2 ** 20] }, '2^28'],
    ['a size that is no whole number', { shape: [3, 8, Number.NaN] }, '2^28'],
    ['five bits', { bits: 5 }, '4 or 8 bits'],
    ['patches that do not cover the map', { patch: [3, 4] }, 'cover'],
    ['fewer stored channels than there are', { storedChannels: 2 }, 'storedChannels'],
    ['too few bytes', { bytes: 8 }, '256 bytes'],
    ['more bytes than the codes take', { bytes: 2 ** 20 }, '256 bytes'],
    ['a zero point out of range', { zeroPoint: -1 }, 'zero point'],
    ['two scales for three channels', { scale: [1, 1] }, 'one scale'],
  ])('%s', (_, change, message) => {
    const pack = () => packTensor(codes, { ...good, ...change }, tiny)
    expect(pack).toThrow(DlpError)
    expect(pack).toThrow(message)
    expect(() => unpackTensor(new Uint8Array(good.bytes), { ...good, ...change }, tiny)).toThrow(DlpError)
  })

  test('too few codes, codes out of range, too few bytes', () => {
    expect(() => packTensor(codes.subarray(1), good, tiny)).toThrow('191 codes')
    expect(() =>
      packTensor(
        codes.map(() => 256),
        good,
        tiny,
      ),
    ).toThrow('code 256')
    expect(() => unpackTensor(new Uint8Array(3), good, tiny)).toThrow('3 bytes')
  })
})

describe('a tensor in the order of its model', () => {
  const arbitraryArrangement = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 4 }).chain((split) =>
    fc
      .shuffledSubarray(
        split.map((_, axis) => axis),
        { minLength: split.length },
      )
      .map((order) => ({ split, order, shape: order.map((axis) => split[axis]!) })),
  )

  test('is restored in its own order', () => {
    fc.assert(
      fc.property(arbitraryArrangement, (arrangement) => {
        const values = Int32Array.from({ length: arrangement.split.reduce((a, b) => a * b) }, (_, at) => at)
        expect(inOwnOrder(inModelOrder(values, arrangement), arrangement)).toEqual(values)
      }),
    )
  })

  test('has its axes transposed', () => {
    const last = { split: [2, 3], order: [1, 0], shape: [3, 2] }
    expect([...inModelOrder(Int32Array.of(0, 1, 2, 10, 11, 12), last)]).toEqual([0, 10, 1, 11, 2, 12])
    const groups = { split: [2, 2, 3], order: [0, 2, 1], shape: [2, 6] }
    const values = Int32Array.from({ length: 12 }, (_, at) => at)
    expect([...inModelOrder(values, groups)]).toEqual([0, 3, 1, 4, 2, 5, 6, 9, 7, 10, 8, 11])
  })
})

test('steps before quantisation are float32 operations, one by one', () => {
  const steps = [
    { op: 'sub', by: [0.1, 0.2] },
    { op: 'div', by: [3] },
    { op: 'mul', by: [7] },
    { op: 'add', by: [0.5, 1] },
  ] as const
  const f = Math.fround
  const expected = [1, 2].map((x, c) => f(f(f(f(x - [0.1, 0.2][c]!) / 3) * 7) + [0.5, 1][c]!))
  expect([...Array.from(steppedInput([1, 2], steps, 2))]).toEqual(expected)
  const tensor = { ...plain, shape: [2, 1, 1], scale: [0.25], zeroPoint: 3, steps }
  expect([...quantiseInput([1, 2], tensor)]).toEqual(expected.map((x) => Math.round(x / 0.25) + 3))
})

test.each([
  ['steps of an output', { region: 'output', steps: [{ op: 'add', by: [1] }] }, 'steps at inputs alone'],
  ['steps by two numbers', { steps: [{ op: 'add', by: [1, 2] }] }, 'steps by one number, or by one a channel'],
  ['a division by 0', { steps: [{ op: 'div', by: [0] }] }, 'no step that divides by 0'],
  [
    'an order of other axes',
    { arrangement: { split: [3, 64], order: [1, 1], shape: [64, 3] } },
    'an arrangement that orders each axis once',
  ],
  [
    'an order of too few axes',
    { arrangement: { split: [3, 64], order: [0], shape: [192] } },
    'an arrangement that orders each axis once',
  ],
  [
    'other extents',
    { arrangement: { split: [192], order: [0], shape: [191] } },
    'an arrangement of as many elements as the tensor has',
  ],
] as const)('a descriptor with %s breaks a rule', (_, fields, rule) => {
  const tensor = sized({ ...plain, ...fields } as TensorDescriptor, machines.tiny)
  expect(brokenTensorRule(tensor, machines.tiny)).toBe(rule)
})
