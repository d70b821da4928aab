// The laws of machines: what a broken law reports, and that the nearest machine that it reports keeps all laws.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { leastSerialPostCycles } from '../../../isa/timing.ts'
import {
  limitsOf,
  machines,
  noImplementationLimits,
  type ImplementationLimits,
  type Machine,
} from '../../../isa/model/machine.ts'
import { parseMachine } from '../../../isa/model/machine-file.ts'
import { breaksLaw, withChange, checkMachine, machineLaws, nearestMachine } from '../../../isa/model/machine-laws.ts'

const numbers = Object.entries(machines.tiny).flatMap(([name, value]) => (typeof value === 'number' ? [name] : []))
const anyNumber = fc.oneof(
  fc.integer({ min: -3, max: 40 }),
  fc.integer({ min: -10, max: 100_000 }),
  fc.maxSafeInteger(),
)
const anyLimits = fc.record(
  {
    geometries: anyNumber,
    taps: anyNumber,
    logitsWords: anyNumber,
    transfersInFlight: anyNumber,
    dramAddressBits: anyNumber,
    bankSide: fc.boolean(),
    columnRanges: fc.boolean(),
    laneSums: fc.boolean(),
    postInterval: anyNumber,
    fieldBits: fc.dictionary(fc.constantFrom('base', 'positions', 'low', 'colour', 'slots'), anyNumber),
  },
  { requiredKeys: [] },
)
/** Named machines with any numbers in any fields: most break some law. */
const anyMachine: fc.Arbitrary<Machine> = fc
  .tuple(
    fc.constantFrom<Machine>(...Object.values(machines)),
    fc.dictionary(fc.constantFrom(...numbers), anyNumber),
    fc.record({ packedPairs: fc.boolean() }, { requiredKeys: [] }),
    fc.option(anyLimits, { nil: undefined }),
  )
  .map(([base, own, pairs, limits]) => ({ ...base, ...own, ...pairs, ...(limits === undefined ? {} : { limits }) }))

test('a broken law reports what it found, and each nearest change that it reports makes it hold', () => {
  fc.assert(
    fc.property(anyMachine, (machine) => {
      for (const law of machineLaws.filter(({ holds }) => !holds(machine))) {
        expect(law.found(machine)).toMatch(/\d|no field|is signed/)
        const nearest = law.nearest(machine)
        expect(nearest.length).toBeGreaterThan(0)
        for (const change of nearest) expect(law.holds(withChange(machine, change))).toBe(true)
      }
      if (breaksLaw(machine)) expect(messageOf(machine)).not.toMatch(/NaN|undefined|\[object|\(s\)|Infinity/)
    }),
    { numRuns: 500 },
  )
})

test('applying the nearest changes one after the other gives a machine that keeps every law', () => {
  fc.assert(
    fc.property(anyMachine, (machine) => {
      const legal = nearestMachine(machine)
      expect(machineLaws.filter(({ holds }) => !holds(legal)).map(({ sentence }) => sentence)).toEqual([])
      if (!breaksLaw(machine)) expect(legal).toBe(machine)
    }),
    { numRuns: 500 },
  )
})

function messageOf(machine: Machine): string {
  try {
    checkMachine(machine, 'mine.json')
  } catch (error) {
    return (error as Error).message
  }
  return ''
}

test('rows between two multiples of clusters × banks: both are reported', () => {
  expect(messageOf({ ...machines.edge, rows: 20 })).toBe(
    'mine.json: machine \'edge\' breaks 1 law; allowed: rows is a multiple of clusters × banks (found rows = 20, clusters × banks = 16; nearest: "rows": 16, or "rows": 32)',
  )
})

test('of several broken laws, all necessary changes are reported', () => {
  expect(messageOf({ ...machines.edge, banks: 7, featureWords: 4 })).toMatch(
    /breaks 3 laws; allowed: banks is even, 2 to 32 \(found banks = 7; nearest: "banks": 8\); .* \(all laws hold with "banks": 8, "featureWords": 16\)$/,
  )
})

test('a serial post needs a machine of one cluster', () => {
  const limits: Partial<ImplementationLimits> = { postInterval: leastSerialPostCycles }
  const [change] = machineLaws
    .find(({ sentence }) => sentence.startsWith('limits.postInterval'))!
    .nearest({ ...machines.edge, limits })
  expect(limitsOf(withChange({ ...machines.edge, limits }, change!))).toEqual(noImplementationLimits)
})

const parsed = (fields: object): Machine => parseMachine(JSON.stringify(fields), 'mine.json')

test('fields that a file leaves out change to keep the laws', () => {
  expect(parsed({ base: 'edge', name: 'mine', banks: 16 })).toEqual({
    ...machines.edge,
    name: 'mine',
    banks: 16,
    rows: 32,
  })
  expect(parsed({ base: 'card', name: 'wide', accumulatorBits: 32 })).toMatchObject({ packedPairs: false, rows: 64 })
  expect(parsed({ base: 'edge', name: 'one', clusters: 1, banks: 4 })).toMatchObject({ rows: 16, drainRows: 1 })
})

test('fields that a file gives do not change, and may break laws', () => {
  expect(() => parsed({ base: 'edge', name: 'mine', banks: 16, rows: 16 })).toThrow(/nearest: "rows": 32/)
})

test.each([
  [{ name: 'mine' }, /^mine.json: field 'gridHeight' is missing; allowed: a whole number \("base": "edge" takes/],
  [{ base: 'edge', name: 'mine', rows: null }, /^mine.json: field 'rows' is null; allowed: a whole number$/],
  [{ base: 'edge', name: 'mine', rows: 1.5 }, /field 'rows' is 1.5; allowed: a whole number/],
  [{ base: 'edge', name: 'mine', packedPairs: 1 }, /field 'packedPairs' is 1; allowed: true or false/],
  [{ base: 'edge', name: 'mine', rows: { a: 'x'.repeat(99) } }, /field 'rows' is .{60}; allowed/],
  [{ base: 'edge', name: 7 }, /field 'name' is 7; allowed: a string/],
])('a file with %j is refused with the field that is wrong', (fields, message) => {
  expect(() => parsed(fields)).toThrow(message)
})

test('an infinite number is printed as such', () => {
  expect(() => parseMachine('{ "base": "edge", "name": "mine", "rows": 1e999 }', 'mine.json')).toThrow(
    "field 'rows' is Infinity",
  )
})
