// Random programs and compiled random graphs on the RTL of random machines, for as long as asked; stops at the first difference.

import { parseArgs } from 'node:util'
import fc from 'fast-check'
import { compileGraph } from '../../compiler/backend.ts'
import { missingTools } from '../../host/verilator/build.ts'
import { Processor } from '../../host/verilator/processor.ts'
import type { Disturbance } from '../../host/verilator/bench.ts'
import { machine as anyMachine } from '../../isa/arbitraries.ts'
import { randomProgram } from '../../isa/arbitraries/program.ts'
import type { ProgramCase } from '../../isa/arbitraries/program.ts'
import { DlpError } from '../../isa/error.ts'
import type { Machine } from '../../isa/machine.ts'
import { packTensor } from '../../isa/packing.ts'
import { compare } from '../rtl/processor-comparison.ts'
import { randomCodes, randomGraph } from '../support/integer-graphs.ts'

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string', default: '1' },
    programs: { type: 'string', default: '200' },
  },
})
const [minutes, firstSeed, programs] = [values.minutes, values.seed, values.programs].map(Number)
if (![minutes, firstSeed, programs].every(Number.isFinite)) {
  console.error('npm run rtl:soak -- [--minutes 10] [--seed 1] [--programs 200, on each machine]')
  process.exit(2)
}
if (missingTools().length > 0) {
  console.log(`skipped: ${missingTools().join(', ')}`)
  process.exit(0)
}

const end = performance.now() + minutes! * 60_000
let seed = firstSeed!
let count = 0
for (; performance.now() < end; seed++) {
  const machine = machineOf(seed)
  console.log(`seed ${seed}: ${JSON.stringify(machine)}`)
  const calm = await openWith(machine, { randomState: seed })
  const disturbed = await openWith(machine, { randomLatency: seed, backPressure: seed })
  for (let each = 0; each < programs! && performance.now() < end; each++) {
    const number = seed * 10_000 + each
    const found = each % 4 === 3 ? compiled(machine, number) : randomProgram(machine, number, 1 + (number % 6))
    if (found === undefined) continue
    const problem = (await compare(calm, found)).difference ?? (await compare(disturbed, found, 'values')).difference
    count++
    if (problem === undefined) continue
    console.log(`machine seed ${seed}, program ${number}: ${problem}`)
    process.exit(1)
  }
  await calm.close()
  await disturbed.close()
}
console.log(`${count} programs on ${seed - firstSeed!} machines: no difference`)

function openWith(machine: Machine, disturbance: Disturbance): Promise<Processor> {
  return Processor.open(machine, disturbance)
}

/** A machine that fits the RTL's build time, with room for most programs. */
function machineOf(machineSeed: number): Machine {
  const [found] = fc.sample(anyMachine, { numRuns: 1, seed: machineSeed })
  return { ...found!, featureWords: 4096, weightBeats: 4096 }
}

/** A compiled random graph; undefined where it does not fit. */
function compiled(machine: Machine, number: number): ProgramCase | undefined {
  const graph = randomGraph(number, { mostChannels: 12, mostSide: 9, mostLayers: 4 })
  try {
    const { program } = compileGraph(graph, { name: graph.name, machine })
    const [input] = program.inputs
    return { program, inputs: { [input!.name]: packTensor(randomCodes(graph.input, number), input!, machine) } }
  } catch (error) {
    if (error instanceof DlpError) return undefined
    throw error
  }
}
