// The example networks with concatenations and depthwise convolutions, at 32×32: simulator = oracle.
import { describe, expect, test } from 'vitest'
import { compile } from '../../compiler/compile.ts'
import { evaluateInteger } from '../../compiler/graph/evaluate-integer.ts'
import { build as buildDensenet } from '../../examples/densenet/build.ts'
import { build as buildMobilenet } from '../../examples/mobilenet/build.ts'
import { build as buildSqueezenet } from '../../examples/squeezenet/build.ts'
import { machines } from '../../isa/model/machine.ts'
import { randomCodes } from '../support/integer-graphs.ts'
import { runSimulator } from '../support/run-simulator.ts'

const networks = [
  { name: 'squeezenet', build: buildSqueezenet, cycles: { edge: 29_167, card: 5_584 } },
  { name: 'mobilenet', build: buildMobilenet, cycles: { edge: 8_142, card: 3_918 } },
  { name: 'densenet', build: buildDensenet, cycles: { edge: 108_473, card: 22_574 } },
] as const

describe.each(networks)('$name at 32×32', ({ name, build, cycles }) => {
  test.each(['edge', 'card'] as const)(
    'equals the oracle on %s, without hazards, in the cycles that its README states',
    { timeout: 120_000 },
    (machine) => {
      const { program, graph } = compile(build(), { name, machine: machines[machine], density: 0.5 })
      const codes = randomCodes(graph.input, 4)
      const { codes: found, simulation } = runSimulator(program, codes)
      const { logits, maps } = evaluateInteger(graph, codes)
      expect(found).toEqual(Int32Array.from(logits ?? maps.get(graph.output)!))
      expect(simulation.cycles).toBeLessThanOrEqual(cycles[machine])
    },
  )
})
