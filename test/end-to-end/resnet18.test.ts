// ResNet-18 at 224×224 on `card` at 75 % zeros: the claims of the README.
import { describe, expect, test } from 'vitest'
import { compile } from '../../compiler/compile.ts'
import { evaluateInteger } from '../../compiler/graph/evaluate-integer.ts'
import { patchGraph } from '../../compiler/layout/cuts.ts'
import { planMemory } from '../../compiler/layout/memory-plan.ts'
import { orThrow } from '../../compiler/refusal.ts'
import { foldInput } from '../../compiler/lower/space-to-depth.ts'
import { scheduleLayers } from '../../compiler/schedule/layers.ts'
import { build } from '../../examples/resnet18/build.ts'
import { assemble } from '../../isa/assembly/assemble.ts'
import { print } from '../../isa/assembly/print.ts'
import { writeProgram } from '../../isa/container/write.ts'
import { machines } from '../../isa/model/machine.ts'
import { activityOf } from '../../simulator/power/activity.ts'
import { powerConstants } from '../../simulator/power/constants.ts'
import { estimatePower } from '../../simulator/power/estimate.ts'
import { simulateTiming } from '../../simulator/simulate.ts'
import { randomCodes } from '../support/integer-graphs.ts'
import { runSimulator } from '../support/run-simulator.ts'

const machine = machines.card
const { program, graph } = compile(build(), { name: 'resnet18', machine, density: 0.25 })

describe('ResNet-18 on card at 75 % zeros', { timeout: 300_000 }, () => {
  test('equals the oracle in every logit, without hazards, at 94 % PE efficiency or more over the convolution phases', () => {
    const input = randomCodes(graph.input, 1)
    const { codes, simulation } = runSimulator(program, input)
    expect(codes).toEqual(evaluateInteger(graph, input).logits)
    expect(simulation.convolution.efficiency).toBeGreaterThanOrEqual(0.94)
  })

  test('is estimated at less than 70 W', () => {
    const { clockMHz } = machine
    const estimate = estimatePower(activityOf(program, simulateTiming(program), clockMHz), powerConstants)
    expect(estimate.watts).toBeLessThan(70)
    // Every product is a useful MAC: no lane, row or relayout multiplies in vain, except for the classifier after the average at 48 of 49 pixels.
    const repeated = 48 * program.layers.find(({ kind }) => kind === 'logits')!.usefulMacs
    const useful = program.layers.reduce((sum, { usefulMacs }) => sum + usefulMacs, 0)
    expect(estimate.activity.products).toBe(useful + repeated)
  })

  test('every schedule is within 1 % or one beat for each shift phase of its lower bound', () => {
    const { graph: folded, patches } = orThrow(patchGraph(foldInput(graph, machine).graph, machine))
    const maps = orThrow(planMemory(folded, machine, patches))
    for (const each of scheduleLayers(folded.layers, maps, machine)) {
      if (!('groups' in each)) continue
      const { layer, groups } = each
      groups.forEach(({ stream, boundBeats, phaseCount }, group) => {
        const excess = stream.beats - boundBeats
        expect(excess, `${layer.name}, row group ${group}: ${boundBeats} beats`).toBeLessThanOrEqual(
          Math.max(boundBeats / 100, phaseCount),
        )
      })
    }
  })

  test('its disassembly assembles to the identical file', () => {
    const file = writeProgram(program)
    expect(Buffer.compare(writeProgram(assemble(print(program), 'resnet18.dasm')), file)).toBe(0)
  })
})
