// Proves that whole networks on the RTL give the simulator's bytes and cycles and the integer oracle's logits.

import { readFileSync } from 'node:fs'
import { elements } from '../../base/defined.ts'
import { compile } from '../../compiler/compile.ts'
import { evaluateInteger } from '../../compiler/graph/evaluate-integer.ts'
import { build as resnet18 } from '../../examples/resnet18/build.ts'
import { build as resnet20 } from '../../examples/resnet20/build.ts'
import { build as resnet8 } from '../../examples/resnet8/build.ts'
import { inputCodes, seededInput } from '../../host/images.ts'
import { missingTools } from '../../host/verilator/build.ts'
import { Processor } from '../../host/verilator/processor.ts'
import { parseMachine } from '../../isa/model/machine-file.ts'
import { machines } from '../../isa/model/machine.ts'
import type { Machine } from '../../isa/model/machine.ts'
import { packTensor, unpackTensor } from '../../isa/packing.ts'
import { compare } from '../rtl/processor-comparison.ts'
import { report, timed } from './report.ts'

const handFile = new URL('../end-to-end/hand-machine.json', import.meta.url)
const hand = parseMachine(readFileSync(handFile, 'utf8'), 'test/end-to-end/hand-machine.json')

/** Network and machine. */
const cases: readonly { readonly network: keyof typeof networks; readonly machine: Machine }[] = [
  { network: 'resnet8', machine: machines.edge },
  { network: 'resnet20', machine: machines.edge },
  { network: 'resnet20', machine: hand },
  { network: 'resnet18', machine: machines.card },
]
const networks = { resnet8, resnet18, resnet20 } as const
const settings = { weightBits: 4, activationBits: 4, density: 0.25 } as const

const missing = missingTools()
await report('rtl-full', missing.length > 0 ? missing.join(', ') : undefined, async (progress) => {
  const results = []
  for (const { network, machine } of cases) {
    progress.stage(`${network} on ${machine.name}`)
    const compiled = compile(networks[network](), { name: network, machine, ...settings })
    const { program, graph } = compiled
    const [input] = elements(program.inputs, 1)
    const codes = inputCodes(seededInput(input, 1), input)
    const built = await timed(() => Processor.open(machine))
    const processor = built.result
    const inputs = { [input.name]: packTensor(codes, input, machine) }
    const run = await timed(() => compare(processor, { program, inputs }))
    await processor.close()
    const { difference, cycles, outputs } = run.result
    const [output] = elements(program.outputs, 1)
    const oracle = evaluateInteger(graph, Int16Array.from(codes)).logits!
    const logits = unpackTensor(outputs[output.name]!, output, machine)
    const different = oracle.reduce((count, logit, index) => count + (logit === logits[index] ? 0 : 1), 0)
    const cyclesPerSecond = Math.round((cycles.init + cycles.infer) / run.seconds)
    const { seconds } = run
    results.push({ network, machine: machine.name, cycles, difference, logits: oracle.length, different, buildSeconds: built.seconds, seconds, cyclesPerSecond }) // prettier-ignore
  }
  return {
    name: 'rtl-full',
    holds: results.every(({ difference, different }) => difference === undefined && different === 0),
    figures: { settings, results },
    lines: results.map(
      ({ network, machine, cycles, difference, logits, different, seconds, cyclesPerSecond }) =>
        `${network} on ${machine}: ${cycles.init} + ${cycles.infer} cycles; ${difference ?? 'every byte and every cycle as on the simulator'}; ` +
        `${different} of ${logits} logits differ from the oracle; ${seconds} s, ${cyclesPerSecond} cycles/s`,
    ),
  }
})
