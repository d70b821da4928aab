// The entry points of the package: every name that can be imported, and that the example of the README works.

import { describe, expect, test } from 'vitest'
import { build as buildResnet8 } from '../../examples/resnet8/build.ts'
import * as dlp from '../../toolchain/exports/dlp.ts'
import * as isa from '../../toolchain/exports/isa.ts'
import { handwrittenTypeScript, textOf } from '../support/source-files.ts'

const manifest = JSON.parse(textOf('package.json')) as { readonly exports: Record<string, unknown> }

describe('the package', () => {
  test('has three entry points, its schemas and its manifest', () => {
    expect(Object.keys(manifest.exports)).toEqual([
      '.',
      './isa',
      './schemas/simulation-report.json',
      './arbitraries',
      './package.json',
    ])
  })

  test("exports from 'dlp' what compiles, stores and runs a program", () => {
    const names = `checkMachine compile compileModel DlpError evaluateInteger evaluateModels inputBytes inspectProgram machineOf machines namedMachine
      openCache openSimulator openVerilator outputData parseMachine quantizeModel readProgram runInputs seededInput simulate simulateProgram
      simulateTiming Simulator tensorOf verifyProgram writeProgram`
    expect(Object.keys(dlp).toSorted()).toEqual(names.split(/\s+/).toSorted())
  })

  test("exports from 'dlp/isa' the definition of the machine", () => {
    const names = `assemble brokenRule checkMachine checkVersions commonFields createState currentVersions decode decodeGroup decodeProgramWords dequantiseOutput DlpError encode
      encodeGroup encodeProgramWords execute executeComputeLiterally executeProgram executeRepatchLiterally fieldRange formats inModelOrder inOwnOrder instructions lanes limitsOf
      machineLaws MachineFault machines modelShape numerics packBeats packTensor parseMachine print printInstruction processingElements quantiseInput queues
      readProgram refusal regions registers semaphores sizes slotChannels statuses timing unpackBeats unpackTensor verifyProgram versionsOf writeProgram`
    expect(Object.keys(isa).toSorted()).toEqual(names.split(/\s+/).toSorted())
  })

  test('is not imported by the project itself, which imports from the defining files', () => {
    const inside = handwrittenTypeScript().filter((path) => !path.startsWith('test/'))
    expect(inside.filter((path) => /from '[^']*toolchain\/exports\//.test(textOf(path)))).toEqual([])
  })
})

test('a model becomes a program, a file, a program again, and numbers: those of the integer graph', () => {
  const machine = dlp.machines.edge
  const { program, graph } = dlp.compile(buildResnet8(), { name: 'resnet8', machine, density: 0.5 })
  const read = dlp.readProgram(dlp.writeProgram(program), 'resnet8.dlp')
  expect(dlp.verifyProgram(read)).toEqual([])
  const input = dlp.seededInput(read.inputs[0]!, 3)
  const { outputs, cycles } = dlp.simulate(read, dlp.inputBytes(read, input))
  const [logits] = [...dlp.outputData(read, outputs).values()]
  expect(cycles).toBe(dlp.simulateTiming(read).cycles)
  expect(input.kind).toBe('codes')
  const oracle = dlp.evaluateInteger(graph, Int16Array.from(input.data))
  expect([...logits!.codes]).toEqual([...oracle.logits!])
  expect(logits!.values).toHaveLength(logits!.codes.length)
})
