// A run of a program that is said to carry nothing gives the same wherever and after whatever it runs; and what carries is named.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compileGraph } from '../../compiler/backend.ts'
import { compile } from '../../compiler/compile.ts'
import { build as mobilenet } from '../../examples/mobilenet/build.ts'
import { build as resnet20 } from '../../examples/resnet20/build.ts'
import { build as resnet8 } from '../../examples/resnet8/build.ts'
import { build as squeezenet } from '../../examples/squeezenet/build.ts'
import { machine as anyMachine, program as anyProgram } from '../../isa/arbitraries.ts'
import type { LegalInstruction } from '../../isa/instruction.ts'
import { machines } from '../../isa/model/machine.ts'
import type { Program } from '../../isa/program.ts'
import { random } from '../../base/random.ts'
import type { Carried, Carry } from '../../simulator/hazards/carry.ts'
import { Simulator } from '../../simulator/simulate.ts'
import type { SimulatedRun, TensorBytes } from '../../simulator/simulate.ts'
import { randomGraph } from '../support/integer-graphs.ts'
import { anyChain, chain, everything, links, spare } from './chains.ts'

/** Inputs of a run that depend on the seed alone. */
function inputsOf({ inputs }: Program, seed: number): TensorBytes {
  const draw = random(seed)
  return Object.fromEntries(
    inputs.map(({ name, bytes }) => [name, Uint8Array.from({ length: bytes }, () => Math.floor(draw() * 256))]),
  )
}

/** The runs of a machine that runs init and then these inputs, each of them checked unless told otherwise. */
function runsOf(program: Program, inputs: readonly TensorBytes[], recheck = true): SimulatedRun[] {
  const simulator = new Simulator(program, { recheck })
  simulator.init()
  return inputs.map((each) => simulator.infer(each))
}

const results = ({ outputs, hazards, overflows, timing }: SimulatedRun) => ({
  outputs: Object.entries(outputs).map(([name, bytes]) => [name, Buffer.from(bytes).toString('hex')]),
  hazards: hazards.map(({ text }) => text),
  overflows,
  cycles: timing.cycles,
})

/** What the check says, whether runs in turn give what each gives on a fresh machine, and what they give in another order. */
function inTurnAndApart(program: Program): {
  readonly carried: Carried
  /** every run checked */
  readonly inTurn: object[]
  /** only the first one, where that shows enough */
  readonly shown: object[]
  readonly apart: object[]
  readonly reversed: object[]
} {
  const images = [1, 2, 3].map((seed) => inputsOf(program, seed))
  const inTurn = runsOf(program, images)
  const apart = images.map((each) => runsOf(program, [each])[0]!)
  const reversed = runsOf(program, images.toReversed()).toReversed()
  const shown = runsOf(program, images, false)
  return {
    carried: inTurn[0]!.carried,
    inTurn: inTurn.map(results),
    shown: shown.map(results),
    apart: apart.map(results),
    reversed: reversed.map(results),
  }
}

function expectIndependent({ inTurn, shown, apart, reversed }: ReturnType<typeof inTurnAndApart>): void {
  expect(shown).toEqual(inTurn)
  expect(apart).toEqual(inTurn)
  expect(reversed).toEqual(inTurn)
}

describe('a program that carries nothing gives the same in turn, in another order and on fresh machines', () => {
  test('chains of any instructions, of which enough carry nothing and enough do', () => {
    const seen = { independent: 0, hazards: 0, carrying: 0, differing: 0, memories: new Set<string>() }
    fc.assert(
      fc.property(anyChain, (program) => {
        const found = inTurnAndApart(program)
        const { carried } = found
        if (carried === 'nothing') {
          seen.independent++
          return expectIndependent(found)
        }
        if (carried === 'unknown') throw new Error('a checked run says what it carries')
        if (carried.text.startsWith('it has a hazard')) seen.hazards++
        else {
          seen.carrying++
          seen.memories.add(carried.memory)
          if (JSON.stringify(found.apart) !== JSON.stringify(found.inTurn)) seen.differing++
        }
      }),
      { numRuns: 400 },
    )
    expect(seen.independent).toBeGreaterThan(80)
    expect(seen.carrying).toBeGreaterThan(80)
    expect(seen.differing).toBeGreaterThan(8)
    expect(seen.memories.size).toBeGreaterThan(5)
  }, 60_000)

  test('random programs, on any machine', () => {
    let independent = 0
    const cases = fc.oneof(fc.constant(machines.tiny), anyMachine).chain((machine) => anyProgram(machine))
    fc.assert(
      fc.property(cases, ({ program }) => {
        const found = inTurnAndApart(program)
        if (found.carried !== 'nothing') return
        independent++
        expectIndependent(found)
      }),
      { numRuns: 40 },
    )
    expect(independent).toBeGreaterThan(20)
  }, 60_000)

  test('whatever the compiler makes of random graphs, its weights resident or streamed, one or several images a run', () => {
    for (let seed = 0; seed < 24; seed++) {
      const graph = randomGraph(seed, { mostChannels: 12, mostSide: 9, mostLayers: 4 })
      const weightsIn = seed % 4 < 2 ? 'resident' : 'streamed'
      const options = { name: `graph ${seed}`, machine: machines.tiny, weightsIn, images: 1 + (seed % 2) } as const
      const found = inTurnAndApart(compileGraph(graph, options).program)
      expect(found.carried, options.name).toBe('nothing')
      expectIndependent(found)
    }
  }, 60_000)
})

test.each([
  ['ResNet-8, weights resident', resnet8, { machine: 'edge', weightsIn: 'resident' }],
  ['ResNet-8, weights streamed', resnet8, { machine: 'edge', weightsIn: 'streamed' }],
  ['ResNet-8, two images a run', resnet8, { machine: 'edge', images: 2 }],
  ['ResNet-20', resnet20, { machine: 'card' }],
  ['SqueezeNet', squeezenet, { machine: 'card' }],
  ['MobileNet', mobilenet, { machine: 'card' }],
] as const)('the example %s carries nothing', (name, build, { machine, ...options }) => {
  const { program } = compile(build(), { name, machine: machines[machine], density: 0.2, ...options })
  expect(runsOf(program, [inputsOf(program, 1)])[0]!.carried).toBe('nothing')
})

describe('what carries is named', () => {
  /** What runs of these instructions carry, after an init that has loaded everything. */
  const carriedBy = (...infer: readonly LegalInstruction[]): Carried =>
    inTurnAndApart(chain(everything(3), infer)).carried
  const [fill, compute] = [links.load(), links.compute()]

  test.each<[string, readonly LegalInstruction[], Partial<Carry>, RegExp]>([
    [
      'a map that the run reads before it loads it',
      [compute, fill],
      { memory: 'feature memory', place: 'cluster 0, bank 0, address 0' },
      /^#\d+ COMPUTE .* reads feature memory cluster 0, bank 0, address 0 before #\d+ LOAD .* writes it$/,
    ],
    [
      'a map that a layer adds to in place',
      [links.compute(0, 0)],
      { memory: 'feature memory' },
      /COMPUTE .* before #\d+ COMPUTE/,
    ],
    ['a map that is moved before it is made', [links.move(1, 2), fill, compute], { memory: 'feature memory' }, /MOVE/],
    ['a map that is pooled before it is made', [links.pool(1, 2), fill, compute], { memory: 'feature memory' }, /POOL/],
    [
      'a map that is stored before it is made',
      [links.store(2, 0, 1), fill, compute],
      { memory: 'feature memory' },
      /STORE/,
    ],
    [
      'a map in scratch that is loaded before it is stored',
      [links.load(3), compute, links.store(3, 0, 1)],
      { memory: 'DRAM', place: 'scratch byte 0' },
      /LOAD .* reads DRAM scratch byte 0 before #\d+ STORE .* writes it/,
    ],
    [
      'the end of a map in scratch, of which the run has stored only the beginning',
      [fill, links.store(3, 0, 0, 8), links.load(3, 0, 1), links.store(3, 0, 1)],
      { memory: 'DRAM', place: 'scratch byte 128' },
      /LOAD/,
    ],
    [
      'an output of the run before',
      [links.load(2), compute, links.store(2, 0, 1)],
      { memory: 'DRAM', place: 'output byte 0' },
      /LOAD/,
    ],
    [
      'logits in the output',
      [links.load(2), links.logits(), links.storeLogits()],
      { memory: 'DRAM' },
      /before #\d+ STOREL/,
    ],
    [
      'logits that are stored before they are computed',
      [fill, links.storeLogits(), links.logits()],
      { memory: 'logits memory', place: 'logit 0' },
      /STOREL/,
    ],
    [
      'partial sums that the run continues',
      [fill, links.compute(0, 1, 0, 1)],
      { memory: 'partial sums' },
      /reads partial sums of all rows/,
    ],
    [
      'a table that is loaded when it has been used',
      [fill, compute, links.table()],
      { memory: 'table block', place: 'number 0' },
      /LOADT/,
    ],
    [
      'a slot of a table of which the run has loaded fewer',
      [fill, links.table(0, 1), links.compute(2), links.table(0, 3, 1)],
      { memory: 'table block', place: 'number 0, slot 2' },
      /COMPUTE .* reads table block number 0, slot 2 before #\d+ LOADT/,
    ],
    [
      'weights that are loaded when they have been used',
      [fill, compute, links.weights(0, 1)],
      { memory: 'weight memory', place: 'beat 0' },
      /LOADW/,
    ],
    [
      'parameters that are loaded when they have been used',
      [fill, compute, links.parameters(0, 1)],
      { memory: 'parameter memory', place: 'group 0' },
      /LOADP/,
    ],
    [
      'weights that are data',
      [{ ...links.weights(), region: 3 }, fill],
      { memory: 'DRAM', place: 'scratch byte 256' },
      /LOADW .* makes what the run accesses depend on data, by DRAM scratch/,
    ],
    [
      'constants that are data',
      [fill, { ...links.store(0), address: spare }],
      { memory: 'DRAM', place: `constants byte ${64 * spare}` },
      /STORE .* makes what the run accesses depend on data/,
    ],
    [
      'hazards: what unwritten words hold nobody knows',
      [fill, { ...compute, group: 5 }],
      { memory: 'parameter memory' },
      /^it has a hazard: .* nothing has written$/,
    ],
  ])('%s', (_, infer, named, text) => {
    const carried = carriedBy(...infer)
    expect(carried).toMatchObject(named)
    expect((carried as Carry).text).toMatch(text)
  })

  test.each<[string, readonly LegalInstruction[]]>([
    ['feature memory', [links.compute(0, 1), fill, links.store(2, 0, 1)]],
    ['DRAM', [fill, links.store(3, 0, 0, 8), links.load(3, 0, 1), links.store(2, 0, 1), links.store(3)]],
    ['partial sums', [fill, links.compute(0, 1, 0, 1), links.store(2, 0, 1)]],
    ['table block', [fill, links.table(0, 1), links.compute(1, 2), links.store(2, 0, 2), links.table(0, 3, 1)]],
    ['weight memory', [fill, links.compute(0, 1), links.store(2, 0, 1), links.weights(0, 1)]],
    ['parameter memory', [fill, links.compute(0, 1), links.store(2, 0, 1), links.parameters(0, 1)]],
    ['logits memory', [fill, links.storeLogits(), links.logits()]],
  ])('what %s carries shows in what a run gives', (memory, infer) => {
    const { carried, inTurn, apart } = inTurnAndApart(chain(everything(3), infer))
    expect(carried).toMatchObject({ memory })
    expect(apart).not.toEqual(inTurn)
  })

  test.each<[string, readonly LegalInstruction[]]>([
    ['a map that init has loaded and no run writes', [compute, links.store(2, 0, 1)]],
    ['scratch that no run writes', [links.load(3), compute]],
    [
      'scratch that the run has stored in two pieces',
      [fill, links.store(3, 0, 0, 8), links.store(3, 1, 0, 8), links.load(3, 0, 1), links.store(3)],
    ],
    ['partial sums of the run itself', [fill, compute, links.compute(0, 1, 0, 1)]],
    ['slots that no run loads', [fill, links.table(0, 1), links.compute(2)]],
    [
      'a table, weights and parameters that each run loads before it uses them',
      [fill, links.table(), links.weights(), links.parameters(), compute],
    ],
  ])('nothing is carried by %s', (_, infer) => {
    expect(carriedBy(...infer)).toBe('nothing')
  })

  test('an unwritten word that a POOL passes on and nobody uses is none; without the check nothing is known', () => {
    const program = chain(everything(0), [links.pool(2, 1), links.load(1, 0, 2), links.load(1, 0, 1)])
    expect(inTurnAndApart(program).carried).toBe('nothing')
    const unchecked = new Simulator(program, { check: false })
    unchecked.init()
    expect(unchecked.infer(inputsOf(program, 1)).carried).toBe('unknown')
  })
})
