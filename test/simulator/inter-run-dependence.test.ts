// Runs that are reported as independent give the same results in any order and on any machine; every dependence is reported with its location.
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
import type { InterRunDependence, RunDependence } from '../../simulator/hazards/inter-run-dependence.ts'
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

/** Runs init, then these inputs on the same machine. @param recheck check every run */
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

/** What the check reports; and the results of runs one after the other, of each on a new machine, and of the runs in reverse order. */
function resultsByOrder(program: Program): {
  readonly dependence: InterRunDependence
  /** every run checked */
  readonly sequential: object[]
  /** only the first run checked, where it proves the runs independent */
  readonly checkedOnce: object[]
  readonly separate: object[]
  readonly reversed: object[]
} {
  const images = [1, 2, 3].map((seed) => inputsOf(program, seed))
  const sequential = runsOf(program, images)
  const separate = images.map((each) => runsOf(program, [each])[0]!)
  const reversed = runsOf(program, images.toReversed()).toReversed()
  const checkedOnce = runsOf(program, images, false)
  return {
    dependence: sequential[0]!.interRunDependence,
    sequential: sequential.map(results),
    checkedOnce: checkedOnce.map(results),
    separate: separate.map(results),
    reversed: reversed.map(results),
  }
}

function expectIndependent({ sequential, checkedOnce, separate, reversed }: ReturnType<typeof resultsByOrder>): void {
  expect(checkedOnce).toEqual(sequential)
  expect(separate).toEqual(sequential)
  expect(reversed).toEqual(sequential)
}

describe('independent runs give the same in sequence, in reverse order and on new machines', () => {
  test('in chains of any instructions, many of them independent and many dependent', () => {
    const seen = { independent: 0, hazards: 0, dependent: 0, differing: 0, memories: new Set<string>() }
    fc.assert(
      fc.property(anyChain, (program) => {
        const found = resultsByOrder(program)
        const { dependence } = found
        if (dependence === 'none') {
          seen.independent++
          return expectIndependent(found)
        }
        if (dependence === 'unknown') throw new Error('a checked run reports whether it depends on earlier runs')
        if (dependence.text.startsWith('it has a hazard')) seen.hazards++
        else {
          seen.dependent++
          seen.memories.add(dependence.memory)
          if (JSON.stringify(found.separate) !== JSON.stringify(found.sequential)) seen.differing++
        }
      }),
      { numRuns: 400 },
    )
    expect(seen.independent).toBeGreaterThan(80)
    expect(seen.dependent).toBeGreaterThan(80)
    expect(seen.differing).toBeGreaterThan(8)
    expect(seen.memories.size).toBeGreaterThan(5)
  }, 60_000)

  test('in random programs, on any machine', () => {
    let independent = 0
    const cases = fc.oneof(fc.constant(machines.tiny), anyMachine).chain((machine) => anyProgram(machine))
    fc.assert(
      fc.property(cases, ({ program }) => {
        const found = resultsByOrder(program)
        if (found.dependence !== 'none') return
        independent++
        expectIndependent(found)
      }),
      { numRuns: 40 },
    )
    expect(independent).toBeGreaterThan(20)
  }, 60_000)

  test('in compiled random graphs, with resident or streamed weights, one or several images a run', () => {
    for (let seed = 0; seed < 24; seed++) {
      const graph = randomGraph(seed, { mostChannels: 12, mostSide: 9, mostLayers: 4 })
      const weightsIn = seed % 4 < 2 ? 'resident' : 'streamed'
      const options = { name: `graph ${seed}`, machine: machines.tiny, weightsIn, images: 1 + (seed % 2) } as const
      const found = resultsByOrder(compileGraph(graph, options).program)
      expect(found.dependence, options.name).toBe('none')
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
] as const)('the runs of the example %s are independent', (name, build, { machine, ...options }) => {
  const { program } = compile(build(), { name, machine: machines[machine], density: 0.2, ...options })
  expect(runsOf(program, [inputsOf(program, 1)])[0]!.interRunDependence).toBe('none')
})

describe('a dependence is reported', () => {
  /** The dependence between runs of these instructions, after an init that has loaded everything. */
  const dependenceOf = (...infer: readonly LegalInstruction[]): InterRunDependence =>
    resultsByOrder(chain(everything(3), infer)).dependence
  const [fill, compute] = [links.load(), links.compute()]

  test.each<[string, readonly LegalInstruction[], Partial<RunDependence>, RegExp]>([
    [
      'a map that the run reads before it loads it',
      [compute, fill],
      { memory: 'feature memory', location: 'cluster 0, bank 0, address 0' },
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
      { memory: 'DRAM', location: 'scratch byte 0' },
      /LOAD .* reads DRAM scratch byte 0 before #\d+ STORE .* writes it/,
    ],
    [
      'the end of a map in scratch, of which the run has stored only the beginning',
      [fill, links.store(3, 0, 0, 8), links.load(3, 0, 1), links.store(3, 0, 1)],
      { memory: 'DRAM', location: 'scratch byte 128' },
      /LOAD/,
    ],
    [
      'an output of the run before',
      [links.load(2), compute, links.store(2, 0, 1)],
      { memory: 'DRAM', location: 'output byte 0' },
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
      { memory: 'logits memory', location: 'logit 0' },
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
      { memory: 'table block', location: 'number 0' },
      /LOADT/,
    ],
    [
      'a slot of a table of which the run has loaded fewer',
      [fill, links.table(0, 1), links.compute(2), links.table(0, 3, 1)],
      { memory: 'table block', location: 'number 0, slot 2' },
      /COMPUTE .* reads table block number 0, slot 2 before #\d+ LOADT/,
    ],
    [
      'weights that are loaded when they have been used',
      [fill, compute, links.weights(0, 1)],
      { memory: 'weight memory', location: 'beat 0' },
      /LOADW/,
    ],
    [
      'parameters that are loaded when they have been used',
      [fill, compute, links.parameters(0, 1)],
      { memory: 'parameter memory', location: 'group 0' },
      /LOADP/,
    ],
    [
      'weights that are data',
      [{ ...links.weights(), region: 3 }, fill],
      { memory: 'DRAM', location: 'scratch byte 256' },
      /LOADW .* makes what the run accesses depend on data, by DRAM scratch/,
    ],
    [
      'constants that are data',
      [fill, { ...links.store(0), address: spare }],
      { memory: 'DRAM', location: `constants byte ${64 * spare}` },
      /STORE .* makes what the run accesses depend on data/,
    ],
    [
      'hazards: the values of unwritten words are undefined',
      [fill, { ...compute, group: 5 }],
      { memory: 'parameter memory' },
      /^it has a hazard: .* nothing has written$/,
    ],
  ])('%s', (_, infer, named, text) => {
    const dependence = dependenceOf(...infer)
    expect(dependence).toMatchObject(named)
    expect((dependence as RunDependence).text).toMatch(text)
  })

  test.each<[string, readonly LegalInstruction[]]>([
    ['feature memory', [links.compute(0, 1), fill, links.store(2, 0, 1)]],
    ['DRAM', [fill, links.store(3, 0, 0, 8), links.load(3, 0, 1), links.store(2, 0, 1), links.store(3)]],
    ['partial sums', [fill, links.compute(0, 1, 0, 1), links.store(2, 0, 1)]],
    ['table block', [fill, links.table(0, 1), links.compute(1, 2), links.store(2, 0, 2), links.table(0, 3, 1)]],
    ['weight memory', [fill, links.compute(0, 1), links.store(2, 0, 1), links.weights(0, 1)]],
    ['parameter memory', [fill, links.compute(0, 1), links.store(2, 0, 1), links.parameters(0, 1)]],
    ['logits memory', [fill, links.storeLogits(), links.logits()]],
  ])('a dependence by %s changes the results of a run', (memory, infer) => {
    const { dependence, sequential, separate } = resultsByOrder(chain(everything(3), infer))
    expect(dependence).toMatchObject({ memory })
    expect(separate).not.toEqual(sequential)
  })

  test.each<[string, readonly LegalInstruction[]]>([
    ['a map that init has loaded and no run writes', [compute, links.store(2, 0, 1)]],
    ['scratch that no run writes', [links.load(3), compute]],
    [
      'scratch that the run has stored in two parts',
      [fill, links.store(3, 0, 0, 8), links.store(3, 1, 0, 8), links.load(3, 0, 1), links.store(3)],
    ],
    ['partial sums of the run itself', [fill, compute, links.compute(0, 1, 0, 1)]],
    ['slots that no run loads', [fill, links.table(0, 1), links.compute(2)]],
    [
      'a table, weights and parameters that each run loads before it uses them',
      [fill, links.table(), links.weights(), links.parameters(), compute],
    ],
  ])('no dependence by %s', (_, infer) => {
    expect(dependenceOf(...infer)).toBe('none')
  })

  test('an unwritten word whose POOL is never used is no dependence; without the check the result is unknown', () => {
    const program = chain(everything(0), [links.pool(2, 1), links.load(1, 0, 2), links.load(1, 0, 1)])
    expect(resultsByOrder(program).dependence).toBe('none')
    const unchecked = new Simulator(program, { check: false })
    unchecked.init()
    expect(unchecked.infer(inputsOf(program, 1)).interRunDependence).toBe('unknown')
  })
})
