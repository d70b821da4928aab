// What a simulation prints: one JSON object for programs, tables for people.

import { processingElements } from '../isa/model/machine.ts'
import { imagesPerRun, layerTitle } from '../isa/program.ts'
import type { LayerRecord, Program } from '../isa/program.ts'
import { outputFacts, outputsJson } from './outputs-report.ts'
import { powerFacts, powerJson } from './power-report.ts'
import type { PowerReport } from './power-report.ts'
import { throughputFacts, throughputJson } from './throughput-report.ts'
import type { Simulation } from '../simulator/simulate.ts'
import type { ImageStatistics } from '../simulator/statistics.ts'
import { streamingOf, streamingText } from './streaming.ts'
import { type Block, paragraphs } from './output.ts'
import { byteSize, facts, percent, table, whole } from './table.ts'

/** What a cycle of the compute queue went to, where nothing computed, pooled, moved, changed patches or stored. */
const work = ['COMPUTE', 'POOL', 'MOVE', 'REPATCH', 'STORE']

/** What was simulated: cycles, and values unless only these were asked for. */
type Simulated = ImageStatistics &
  Pick<Simulation, 'initCycles'> &
  Partial<Pick<Simulation, 'hazards' | 'overflows' | 'outputs' | 'infer'>>

/** A simulation in numbers, for `--json`. */
export function simulationJson(
  program: Program,
  simulation: Simulated,
  images: number,
  clockMHz: number,
  power: PowerReport,
  classes = program.classes,
): object {
  const { machine, layers } = program
  const { cycles, initCycles, usefulMacs, efficiency, convolution, dramBytes, breakdown } = simulation
  const streaming = streamingOf(program, simulation)
  return {
    program: program.name,
    machine: machine.name,
    clockMHz,
    cycles,
    initCycles,
    latencyMs: cycles / (clockMHz * 1000),
    throughput: throughputJson(program, simulation, images, clockMHz),
    power: powerJson(power),
    usefulMacs,
    processingElements: processingElements(machine),
    peEfficiency: { convolution: convolution.efficiency, image: efficiency },
    convolutionCycles: convolution.cycles,
    startCycles: simulation.startCycles,
    endCycles: simulation.endCycles,
    dramBytes: { read: dramBytes.read, written: dramBytes.written },
    work: Object.fromEntries(Object.entries(breakdown).filter(([name]) => work.includes(name))),
    ...(streaming === undefined
      ? {}
      : { streamedWeights: { bytes: streaming.bytes, waitCycles: streaming.waitCycles } }),
    stalls: Object.fromEntries(Object.entries(breakdown).filter(([name]) => !work.includes(name))),
    hazards: simulation.hazards?.length,
    overflows: simulation.overflows?.length,
    carried: carriedText(simulation),
    ...(simulation.outputs === undefined ? {} : { outputs: outputsJson(program, simulation.outputs, classes) }),
    layers: layers.map((layer, index) => {
      const measured = simulation.layers[index]!
      return {
        name: layer.name,
        ...(layer.image === undefined ? {} : { image: layer.image }),
        kind: layer.kind,
        shape: layer.shape,
        density: densityOf(layer),
        cycles: measured.cycles,
        usefulMacs: measured.usefulMacs,
        peEfficiency: measured.efficiency,
        stalls: Object.fromEntries(
          Object.entries(measured.breakdown).filter(([name, count]) => !work.includes(name) && count > 0),
        ),
      }
    }),
  }
}

/** A simulation for people. */
export function simulationText(
  program: Program,
  simulation: Simulated,
  images: number,
  clockMHz: number,
  power: PowerReport,
  classes = program.classes,
): Block {
  const { machine } = program
  const { cycles, initCycles, usefulMacs, efficiency, convolution, dramBytes } = simulation
  const streaming = streamingOf(program, simulation)
  const carried = carriedText(simulation)
  const milliseconds = (count: number): string => `${(count / (clockMHz * 1000)).toFixed(4)} ms`
  const share = (count: number): string => percent(count / cycles)
  const edge = (name: string, count: number): string[] => [
    name,
    '',
    '',
    '',
    whole(count),
    share(count),
    '',
    '',
    ...(streaming === undefined ? [] : ['']),
  ]
  return paragraphs(
    table(
      [
        'layer',
        'kind',
        'shape',
        '>density',
        '>cycles',
        '>of image',
        '>useful MACs',
        '>PE efficiency',
        ...(streaming === undefined ? [] : ['>waits for weights']),
      ],
      [
        edge('(start)', simulation.startCycles),
        ...program.layers.map((layer, index) => {
          const own = simulation.layers[index]!
          return [
            layerTitle(layer),
            layer.kind,
            layer.shape.join('×'),
            layer.weights === 0 ? '–' : percent(densityOf(layer)),
            whole(own.cycles),
            share(own.cycles),
            whole(own.usefulMacs),
            own.usefulMacs === 0 ? '–' : percent(own.efficiency),
            ...(streaming === undefined ? [] : [whole(own.breakdown.parameter)]),
          ]
        }),
        edge('(end)', simulation.endCycles),
      ],
    ),
    table(
      ['cycles went to', '>cycles', '>of image'],
      Object.entries(simulation.breakdown)
        .filter(([, count]) => count > 0)
        .map(([name, count]) => [name, whole(count), share(count)]),
    ),
    facts([
      ['machine', `'${machine.name}', ${whole(processingElements(machine))} PEs, ${clockMHz} MHz`],
      [
        'latency',
        `${whole(cycles)} cycles, ${milliseconds(cycles)}; init ${whole(initCycles)} cycles, ${milliseconds(initCycles)}`,
      ],
      ...throughputFacts(program, simulation, images, clockMHz),
      ...(carried === undefined || images === imagesPerRun(program)
        ? []
        : [['runs', `in turn, as they depend on each other: ${carried}`] as const]),
      ['useful MACs', whole(usefulMacs)],
      [
        'PE efficiency',
        `${percent(convolution.efficiency)} in the convolution phases, ${percent(efficiency)} over the image`,
      ],
      ...(streaming === undefined ? [] : [['streamed weights', streamingText(streaming)] as const]),
      powerFacts(power),
      ['DRAM', `${byteSize(dramBytes.read)} read, ${byteSize(dramBytes.written)} written`],
      ...(simulation.outputs === undefined ? [] : outputFacts(program, simulation.outputs, classes)),
    ]),
  )
}

/** What runs read of the runs before them, where they do. */
function carriedText({ infer }: Simulated): string | undefined {
  const carried = infer?.carried
  return typeof carried === 'object' ? carried.text : undefined
}

const densityOf = ({ nonZeros, weights }: LayerRecord): number => (weights === 0 ? 1 : nonZeros / weights)
