// Capacities: a model that cannot fit is refused before scheduling, and the remedies of a refusal do fit.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { BackendOptions } from '../../compiler/backend.ts'
import { scheduledBeats } from '../../compiler/capacity.ts'
import { compile } from '../../compiler/compile.ts'
import { isResident } from '../../compiler/fit.ts'
import { GraphBuilder } from '../../compiler/graph/builder.ts'
import { CapacityError } from '../../compiler/refusal.ts'
import { checkPlanFits } from '../../compiler/early-fit.ts'
import { writeOnnx } from '../../compiler/onnx/write.ts'
import { machineInterface } from '../../compiler/passes/machine-interface.ts'
import { simplify } from '../../compiler/passes/simplify.ts'
import { fuse } from '../../compiler/quantize/fuse.ts'
import { tensor, tensorOf } from '../../compiler/graph/tensor.ts'
import { shape as resnet152 } from '../../examples/resnet152/build.ts'
import { resnet } from '../../examples/support/resnet.ts'
import type { DlpError } from '../../base/error.ts'
import { machines, type ImplementationLimits, type Machine } from '../../isa/model/machine.ts'
import { breaksLaw } from '../../isa/model/machine-laws.ts'
import { parseMachine } from '../../isa/model/machine-file.ts'
import { random } from '../../base/random.ts'
import { graphOfSeed, outcome, roomy } from './capacity-outcome.ts'

describe('a program that exceeds a memory', () => {
  const fields = ['parameterGroups', 'instructionWords', 'featureWords', 'weightBeats'] as const
  const settings = fc.record({
    field: fc.constantFrom(...fields),
    weightsIn: fc.constantFrom('resident', 'streamed', undefined),
    images: fc.integer({ min: 1, max: 4 }),
    share: fc.double({ min: 0.05, max: 1.05, noNaN: true }),
  })

  test('is refused before scheduling, unless the schedule alone decides', () => {
    let refused = 0
    fc.assert(
      fc.property(fc.nat(), settings, (seed, { field, weightsIn, images, share }) => {
        const graph = graphOfSeed(seed)
        const { program } = outcome(graph, { weightsIn, images })
        if (program === undefined) return
        const beats = program.layers.reduce(
          (sum, layer) => sum + (layer.image === undefined || layer.image === 0 ? layer.beats : 0),
          0,
        )
        const used = {
          parameterGroups: program.layers.length * 3,
          instructionWords: program.instructions.length,
          featureWords: 600,
          weightBeats: beats,
        }
        const machine = {
          ...roomy,
          [field]: Math.max(field === 'parameterGroups' ? 1 : 16, Math.floor(used[field] * share)),
        }
        const { refusal, scheduled } = outcome(graph, { machine, weightsIn, images })
        if (refusal === undefined) return
        refused++
        expect(refusal).toBeInstanceOf(CapacityError)
        if (!scheduled) return
        const { capacity, need } = refusal as CapacityError
        const excess = need - machine[field]
        // The schedule decides which streamed weights stay resident, and the beats above the lower bound.
        if (capacity === 'instructionWords') {
          expect(weightsIn === 'resident').toBe(false)
          expect(excess).toBeLessThanOrEqual(Math.max(2, need / 10))
        } else {
          expect(['residentBeats', 'groupBeats']).toContain(capacity)
          expect(excess).toBeLessThanOrEqual(Math.max(3, need / 20))
        }
      }),
      { numRuns: 14 },
    )
    expect(refused).toBeGreaterThan(3)
  })

  test('fits with each of the remedies that the refusal names', () => {
    let tried = 0
    fc.assert(
      fc.property(fc.nat(), settings, (seed, { field, weightsIn, images, share }) => {
        const graph = graphOfSeed(seed)
        const sizes = { parameterGroups: 6, instructionWords: 80, featureWords: 200, weightBeats: 300 }
        const machine = {
          ...roomy,
          [field]: Math.max(field === 'parameterGroups' ? 1 : 16, Math.floor(sizes[field] * share)),
        }
        const { refusal, scheduled } = outcome(graph, { machine, weightsIn, images })
        if (refusal === undefined || scheduled) return
        for (const change of remediesIn(refusal, machine)) {
          tried++
          const next = outcome(graph, { machine, weightsIn, images, ...change })
          // The schedule may still exceed the capacity by a little.
          if (next.refusal !== undefined) expect(next.scheduled).toBe(true)
          else expect(next.program).toBeDefined()
        }
      }),
      { numRuns: 10 },
    )
    expect(tried).toBeGreaterThan(3)
  })
})

/** The configurations that a refusal's help suggests. */
function remediesIn({ complaint }: DlpError, machine: Machine): Partial<BackendOptions>[] {
  const help = complaint.help ?? ''
  const changes: Partial<BackendOptions>[] = []
  for (const [, count] of help.matchAll(/--images-per-run (\d+)/g)) changes.push({ images: Number(count) })
  if (help.includes('--weights-in streamed')) changes.push({ weightsIn: 'streamed' })
  for (const [, name] of help.matchAll(/--machine (\w+)/g))
    changes.push({ machine: machines[name as keyof typeof machines] })
  const fields = [...help.matchAll(/"(\w+)": (\d+)/g)].map(([, field, value]) => [field!, Number(value)] as const)
  if (fields.length > 0) changes.push({ machine: { ...machine, ...Object.fromEntries(fields) } })
  return changes
}

describe('weights that are streamed', () => {
  test('are never refused because of an instruction that their program does not have, whether all could be resident or not', () => {
    let some = 0
    fc.assert(
      fc.property(
        fc.nat(),
        fc.integer({ min: 2, max: 6 }),
        fc.double({ min: 0.3, max: 1.3, noNaN: true }),
        (seed, images, share) => {
          const graph = graphOfSeed(seed)
          const most = outcome(graph, { weightsIn: 'streamed' }).program
          if (most === undefined) return
          const weightBeats = Math.max(16, Math.floor(share * most.layers.reduce((sum, layer) => sum + layer.beats, 0)))
          const run = (instructionWords: number) =>
            outcome(graph, { machine: { ...roomy, weightBeats, instructionWords }, weightsIn: 'streamed', images })
              .program
          const program = run(8192)
          if (program === undefined) return
          const least = run(program.instructions.length)
          expect(least).toBeDefined()
          some++
        },
      ),
      { numRuns: 20 },
    )
    expect(some).toBeGreaterThan(5)
  })
})

describe('weights whose count is below the weight memory', () => {
  test('are taken as resident only with a reserve, and a model is refused just as early if they are not', () => {
    for (let seed = 0; seed < 5; seed++) {
      const graph = graphOfSeed(seed)
      const isResidentWith = (weightBeats: number) => isResident(graph, { machine: { ...roomy, weightBeats } })
      let counted = 1
      while (!isResidentWith(scheduledBeats(counted))) counted++
      expect(isResidentWith(scheduledBeats(counted) - 1)).toBe(false)
      // In either case a model that does not fit is refused before scheduling.
      for (const instructionWords of [30, 80])
        for (const weightsIn of ['resident', undefined] as const) {
          const machine = { ...roomy, instructionWords, weightBeats: scheduledBeats(counted) }
          const [asked, said] = [false, true].map((hasRoom) =>
            outcome(graph, { machine, weightsIn, isFitChecked: hasRoom, images: 3 }),
          )
          expect(said!.program).toEqual(asked!.program)
          expect(said!.scheduled).toBe(asked!.scheduled)
        }
    }
  })
})

describe('a layer that needs what the implementation limits of a machine leave out', () => {
  const limits: Partial<ImplementationLimits>[] = [
    { bankSide: false },
    { fieldBits: { slots: 2 } },
    { fieldBits: { pitch: 2 } },
  ]

  test.each(limits)('is refused before scheduling, with the name of the layer: %j', (left) => {
    let refused = 0
    for (let seed = 0; seed < 60 && refused < 3; seed++) {
      const graph = graphOfSeed(seed)
      const { refusal, scheduled } = outcome(graph, { machine: { ...roomy, name: 'lim', limits: left } })
      if ((refusal as CapacityError | undefined)?.capacity !== 'limits' || outcome(graph, {}).program === undefined)
        continue
      refused++
      expect(scheduled).toBe(false)
      // A relayout's name begins with that of its source.
      expect(graph.layers.some(({ name }) => refusal!.complaint.where!.startsWith(`layer '${name}`))).toBe(true)
    }
    expect(refused).toBe(3)
  })
})

describe('a quantised model that may not end in logits because of the rounding of its last layer', () => {
  /** A convolution of one pixel whose rows of `weight` saturate at the output's ends, unless that is small. */
  function pointwise(rows: number, weight: number, isRounded: boolean): Uint8Array {
    const graph = new GraphBuilder('pointwise', 13)
    const number = (name: string, value: number, type: 'float32' | 'int8') =>
      graph.constant(name, tensorOf(type, [value], []))
    const grid = [number('scale', 0.1, 'float32'), number('zero', 0, 'int8')]
    const pair = (x: string): string =>
      graph.node('DequantizeLinear', [graph.node('QuantizeLinear', [x, ...grid]), ...grid])
    const codes = graph.constant('codes', tensorOf('int8', new Int8Array(rows * 8).fill(weight), [rows, 8, 1, 1]))
    const weights = graph.node('DequantizeLinear', [codes, number('step', 0.01, 'float32')])
    const made = graph.node('Conv', [pair(graph.input('x', [1, 8, 1, 1])), weights])
    return writeOnnx(graph.build([isRounded ? pair(made) : made]))
  }

  const without: Machine = { ...machines.tiny, name: 'without', limits: { laneSums: false } }

  test.each([
    ['more rows than there are logits', 5000, machines.edge],
    ['no lane sums', 8, without],
  ])('fits a machine with %s', (_, rows, machine) => {
    const options = { name: 'pointwise', machine }
    const { program } = compile(pointwise(rows, 50, true), options)
    expect(program.outputs[0]!.layout).toBe('map')
    expect(() => compile(pointwise(rows, 50, false), options)).toThrow(/logits/)
    expect(() => compile(pointwise(rows, 1, true), options)).toThrow(/logits/)
    expect(compile(pointwise(rows, 1, true), { ...options, exactQdq: true }).program.outputs[0]!.layout).toBe('map')
  })
})

describe('ResNet-152 in float', () => {
  const uniform = random(1)
  const pattern = Float32Array.from({ length: 512 * 512 * 9 }, () => uniform() - 0.5)
  // Weights are views of one array, since separate ones would take 240 MB.
  const weights = (extents: readonly number[]) =>
    tensor(
      pattern.subarray(
        0,
        extents.reduce((product, extent) => product * extent, 1),
      ),
      extents,
    )

  test('is quickly refused on card because of its row groups, and fits the machine that the refusal suggests', () => {
    const float = machineInterface(simplify(resnet(resnet152, 1, { weights })))
    const check = (machine: Machine): void =>
      checkPlanFits(fuse(float, { outline: true }), () => fuse(float), 'resnet152', {
        machine,
        images: 1,
        activationBits: 4,
      })
    const start = process.cpuUsage()
    expect(() => check(machines.card)).toThrow(
      /^model 'resnet152': 1139 row groups; allowed: parameterGroups = 1024 \(use a machine file with/,
    )
    expect(process.cpuUsage(start).user).toBeLessThan(5_000_000)
    const larger = parseMachine('{ "base": "card", "name": "larger", "parameterGroups": 1139 }', 'test')
    expect(breaksLaw(larger)).toBe(false)
    expect(() => check(larger)).not.toThrow()
  })
})
