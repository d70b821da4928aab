// The report of a simulation matches its published schema, and the printed text is made from it alone.

import { beforeAll, describe, expect, test } from 'vitest'
import { simulationText } from '../../../cli/print/simulation.ts'
import { compile } from '../../../compiler/compile.ts'
import { build } from '../../../examples/resnet8/build.ts'
import { machines } from '../../../isa/model/machine.ts'
import { constantsFor } from '../../../simulator/power/device.ts'
import { simulateTiming } from '../../../simulator/simulate.ts'
import { simulationReportVersion } from '../../../toolchain/reports/report-version.ts'
import { rtlReport, simulatorReport } from '../../../toolchain/reports/simulation-report.ts'
import type { SimulationReport } from '../../../toolchain/reports/simulation-schema.ts'
import { runInputs } from '../../../toolchain/simulation/run-inputs.ts'
import { simulateProgram } from '../../../toolchain/simulation/simulate-program.ts'
import { isReport, schemaErrors } from '../../support/report-schema.ts'

/** The report after JSON.stringify and JSON.parse. */
const throughJson = (report: SimulationReport): SimulationReport => JSON.parse(JSON.stringify(report)) as never

describe('the report of a simulation', () => {
  const reports = new Map<string, SimulationReport>()

  beforeAll(async () => {
    const machine = machines.edge
    const streaming = { ...machine, name: 'small', weightBeats: 512 }
    const streamed = compile(build(), { name: 's', machine: streaming, density: 0.25, weightsIn: 'streamed' }).program
    const several = compile(build(), { name: 'm', machine, density: 0.25, images: 2 }).program
    for (const [name, each] of Object.entries({ streamed, several })) {
      const inputs = await runInputs(each, { program: name, seed: 1, codes: false })
      reports.set(name, (await simulateProgram(each, inputs, { losses: true })).report)
    }
    const timed = simulateTiming(several)
    reports.set('cycles alone', simulatorReport(several, timed, constantsFor(machine), { images: 4, clockMHz: 100 }))
    const bytes = Object.fromEntries(streamed.outputs.map((tensor) => [tensor.name, new Uint8Array(tensor.bytes)]))
    reports.set('rtl', rtlReport(streamed, { cycles: 70_000, initCycles: 5, outputs: bytes }, { images: 1 }))
  })

  test('matches its schema, without further fields', () => {
    expect([...reports.keys()]).toEqual(['streamed', 'several', 'cycles alone', 'rtl'])
    for (const [name, report] of reports) {
      expect(schemaErrors(throughJson(report)), name).toBe('')
      expect(report.version).toBe(simulationReportVersion)
    }
  })

  test('does not match the schema where a required field is missing', () => {
    for (const report of reports.values())
      for (const key of Object.keys(report)) {
        if (['hazards', 'overflows', 'streamedWeights', 'losses', 'carried'].includes(key)) continue
        if (key === 'outputs' && report.on === 'simulator') continue
        const { [key]: _, ...rest } = throughJson(report) as unknown as Record<string, unknown>
        expect(isReport(rest), key).toBe(false)
      }
  })

  test('holds everything that is printed: the text from its JSON is the same', () => {
    for (const report of reports.values())
      expect(simulationText(throughJson(report), report.on === 'simulator')).toBe(
        simulationText(report, report.on === 'simulator'),
      )
  })

  test('adds up: cycles of layers and edges, of work and stalls, of losses', () => {
    const sum = (counts: Iterable<number>): number => [...counts].reduce((total, each) => total + each, 0)
    for (const report of reports.values()) {
      if (report.on === 'rtl') continue
      const { cycles, startCycles, endCycles, layers, work, stalls, losses } = report
      expect(startCycles + endCycles + sum(layers.map((layer) => layer.cycles))).toBe(cycles)
      expect(sum(Object.values(work)) + sum(Object.values(stalls))).toBe(cycles)
      for (const row of losses ?? []) expect(sum(Object.values(row.spent))).toBeCloseTo(row.cycles, 6)
      expect(report.latencyMs).toBe(cycles / (report.clockMHz * 1000))
    }
  })

  test('states the cost of streamed weights, and the image of a layer where there are several', () => {
    expect(reports.get('several')).not.toHaveProperty('streamedWeights')
    expect(reports.get('streamed')).toHaveProperty('streamedWeights.bytes')
    const { layers } = reports.get('several') as Extract<SimulationReport, { on: 'simulator' }>
    expect(new Set(layers.map(({ image }) => image))).toEqual(new Set([0, 1]))
  })
})
