// One program on the simulator and on the processor in Verilator: the first difference, if any.
import { firstByteDifference, firstCycleDifference } from '../../host/verilator/compare.ts'
import type { Processor } from '../../host/verilator/processor.ts'
import type { ProgramCase } from '../../isa/arbitraries/program.ts'
import { Simulator } from '../../simulator/simulate.ts'
import type { SimulatedRun, TensorBytes } from '../../simulator/simulate.ts'

/** What is compared: values only if DRAM is slower than the machine's constants. */
export type Compared = 'values and cycles' | 'values'

/** The outcome of a comparison. */
export interface ProcessorComparison {
  /** the first difference as a sentence */
  readonly difference: string | undefined
  /** the simulator's */
  readonly cycles: { readonly init: number; readonly infer: number }
  /** the processor's, by tensor */
  readonly outputs: TensorBytes
}

/** Runs init and one image on both; the processor's memories keep the contents of the program before. */
export async function compare(
  processor: Processor,
  { program, inputs }: ProgramCase,
  compared: Compared = 'values and cycles',
): Promise<ProcessorComparison> {
  const simulator = new Simulator(program, { check: false })
  await processor.place(program)
  for (const { name, offset } of program.inputs) await processor.write('input', offset, inputs[name]!)
  const init = simulator.init()
  let difference = await runDifference(processor, program, program.entry.init, init, compared)
  const infer = simulator.infer(inputs)
  difference ??= await runDifference(processor, program, program.entry.infer, infer, compared)
  const { dram } = simulator.state
  const regions = { output: dram.output, scratch: dram.scratch }
  const outputs: Record<string, Uint8Array> = {}
  for (const [region, expected] of Object.entries(regions) as ['output' | 'scratch', Uint8Array][]) {
    const bytes = await processor.read(region, 0, expected.length)
    difference ??= firstByteDifference({ name: region }, expected, bytes)
    for (const tensor of region === 'output' ? program.outputs : [])
      outputs[tensor.name] = bytes.slice(tensor.offset, tensor.offset + tensor.bytes)
  }
  const cycles = { init: init.timing.cycles, infer: infer.timing.cycles }
  return { difference: difference && `${program.name}: ${difference}`, cycles, outputs }
}

async function runDifference(
  processor: Processor,
  program: ProgramCase['program'],
  entry: number,
  { timing }: SimulatedRun,
  compared: Compared,
): Promise<string | undefined> {
  const limit = (compared === 'values' ? 100 : 2) * timing.cycles + 10_000
  const outcome = await processor.run(entry, limit)
  const { status, interrupt, errorIndex, cycles } = outcome
  if (compared === 'values and cycles') {
    const found = firstCycleDifference(program, timing, outcome)
    if (found !== undefined) return status === 'ok' ? found : `${found}; ${status} at instruction ${errorIndex}`
  }
  if (status !== 'ok') return `${status} at instruction ${errorIndex}`
  if (interrupt < 0) return `no interrupt in ${limit} cycles`
  if (interrupt !== cycles) return `CYCLES is ${cycles}, the interrupt came in cycle ${interrupt}`
  return undefined
}
