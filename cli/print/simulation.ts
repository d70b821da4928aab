// The text of a simulation's report: layers, how the cycles were spent, and totals.

import { layerTitle } from '../../isa/program.ts'
import type { SimulationReport, SimulatorReport } from '../../toolchain/reports/simulation-schema.ts'
import { type PrintableText, paragraphs } from '../output.ts'
import { byteSize, facts, percent, table, whole } from './table.ts'
import { lossesText } from './losses.ts'
import { powerFacts, powerText } from './power.ts'
import { streamingText } from './streaming.ts'
import { throughputFacts } from './throughput.ts'

/** @param power print the parts of the power estimate too */
export function simulationText(report: SimulationReport, power = false): PrintableText {
  if (report.on === 'rtl') return rtlText(report)
  return paragraphs(
    layersText(report),
    cyclesText(report),
    factsText(report),
    ...(report.losses === undefined ? [] : [lossesText(report.losses)]),
    ...(power ? [powerText(report.power)] : []),
  )
}

function layersText({ cycles, startCycles, endCycles, layers, streamedWeights }: SimulatorReport): PrintableText {
  const share = (count: number): string => percent(count / cycles)
  const isStreamed = streamedWeights !== undefined
  const edge = (name: string, count: number): string[] => [name, '', '', '', whole(count), share(count), '', '', ...(isStreamed ? [''] : [])] // prettier-ignore
  return table(
    [
      'layer',
      'kind',
      'shape',
      '>density',
      '>cycles',
      '>of image',
      '>useful MACs',
      '>PE efficiency',
      ...(isStreamed ? ['>waits for weights'] : []),
    ],
    [
      edge('(start)', startCycles),
      ...layers.map((layer) => [
        layerTitle(layer),
        layer.kind,
        layer.shape.join('×'),
        layer.weights === 0 ? '–' : percent(layer.density),
        whole(layer.cycles),
        share(layer.cycles),
        whole(layer.usefulMacs),
        layer.usefulMacs === 0 ? '–' : percent(layer.peEfficiency),
        ...(isStreamed ? [whole(layer.stalls['parameter'] ?? 0)] : []),
      ]),
      edge('(end)', endCycles),
    ],
  )
}

function cyclesText({ cycles, work, stalls }: SimulatorReport): PrintableText {
  return table(
    ['activity or stall', '>cycles', '>of image'],
    Object.entries({ ...work, ...stalls })
      .filter(([, count]) => count > 0)
      .map(([name, count]) => [name, whole(count), percent(count / cycles)]),
  )
}

function factsText(report: SimulatorReport): PrintableText {
  const { machine, processingElements, clockMHz, throughput, carried, peEfficiency, streamedWeights, dramBytes } =
    report
  return facts([
    ['machine', `'${machine}', ${whole(processingElements)} PEs, ${clockMHz} MHz`],
    latencyFact(report),
    ...throughputFacts(report),
    ...(carried === undefined || throughput.images === throughput.imagesPerRun
      ? []
      : [['runs', `one after the other, since they depend on each other: ${carried}`] as const]),
    ['useful MACs', whole(report.usefulMacs)],
    [
      'PE efficiency',
      `${percent(peEfficiency.convolution)} in the convolution phases, ${percent(peEfficiency.image)} over the image`,
    ],
    ...(streamedWeights === undefined
      ? []
      : [['streamed weights', streamingText({ ...streamedWeights, cycles: report.cycles })] as const]),
    powerFacts(report.power),
    ['DRAM', `${byteSize(dramBytes.read)} read, ${byteSize(dramBytes.written)} written`],
    ...outputFacts(report.outputs ?? []),
  ])
}

/** The text of the RTL's report. */
function rtlText(report: Extract<SimulationReport, { on: 'rtl' }>): PrintableText {
  const { machine, processingElements, clockMHz, throughput, usefulMacs, peEfficiency } = report
  return facts([
    ['machine', `'${machine}' as RTL in Verilator, ${whole(processingElements)} PEs, ${clockMHz} MHz`],
    latencyFact(report),
    ['throughput', `${whole(throughput.imagesPerSecond)} images/s`],
    ['useful MACs', whole(usefulMacs)],
    ['PE efficiency', `${percent(peEfficiency.image)} over the image`],
    ...outputFacts(report.outputs),
  ])
}

function latencyFact({ cycles, initCycles, clockMHz }: SimulationReport): readonly [string, string] {
  const milliseconds = (count: number): string => `${(count / (clockMHz * 1000)).toFixed(4)} ms`
  return [
    'latency',
    `${whole(cycles)} cycles, ${milliseconds(cycles)}; init ${whole(initCycles)} cycles, ${milliseconds(initCycles)}`,
  ]
}

/** The greatest scores of every output that has any. */
function outputFacts(outputs: NonNullable<SimulationReport['outputs']>): (readonly [string, string])[] {
  return outputs.flatMap(({ name, greatest }) => {
    const shown = greatest?.map(({ class: index, name: title, value }) =>
      title === undefined ? `${index} (${value.toPrecision(4)})` : `${index} ${title} (${value.toPrecision(4)})`,
    )
    return shown === undefined ? [] : [[`greatest of '${name}'`, shown.join(', ')] as const]
  })
}
