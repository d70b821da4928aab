// The simulator as a device: calls in order give the simulator's results, calls out of order are refused.

import { describe, expect, test } from 'vitest'
import { inputCodes, seededInput } from '../../host/images.ts'
import { openSimulator } from '../../host/simulator.ts'
import type { SimulatorDevice } from '../../host/simulator.ts'
import { DlpError } from '../../base/error.ts'
import { machines } from '../../isa/model/machine.ts'
import { packTensor, unpackTensor } from '../../isa/packing.ts'
import { simulate } from '../../simulator/simulate.ts'
import { sampleProgram } from '../isa/container/sample-program.ts'

const program = sampleProgram()
const [image] = program.inputs
const [logits] = program.outputs
const codesOf = (seed: number) => inputCodes(seededInput(image!, seed), image!)

async function loaded(): Promise<SimulatorDevice> {
  const device = openSimulator(machines.tiny)
  await device.load(program)
  return device
}

test('a device runs image after image, with the simulator’s values and cycles', async () => {
  const device = await loaded()
  for (const seed of [1, 2, 3]) {
    device.writeInput('image', codesOf(seed))
    device.start()
    const run = await device.wait()
    const alone = simulate(program, { image: packTensor(codesOf(seed), image!, machines.tiny) })
    expect(device.readOutput('logits')).toEqual(unpackTensor(alone.outputs['logits']!, logits!, machines.tiny))
    expect([run.cycles, run.details.hazards]).toEqual([alone.cycles, []])
  }
  await device.close()
})

test('loading runs init and reports its cycles', async () => {
  const { cycles } = await openSimulator(machines.tiny).load(program)
  expect(cycles).toBe(simulate(program, { image: packTensor(codesOf(1), image!, machines.tiny) }).initCycles)
})

describe('refused with a DlpError', () => {
  test('a machine that breaks a law', () => {
    expect(() => openSimulator({ ...machines.tiny, banks: 3 })).toThrow(DlpError)
  })

  test('a program for another machine, or one that breaks a rule', async () => {
    await expect(openSimulator(machines.edge).load(program)).rejects.toThrow("is for machine 'tiny'")
    const broken = { ...program, entry: { init: 0, infer: 3 } }
    await expect(openSimulator(machines.tiny).load(broken)).rejects.toBeInstanceOf(DlpError)
  })

  test('calls before a program is loaded', () => {
    const device = openSimulator(machines.tiny)
    for (const call of [() => device.writeInput('image', []), () => device.start(), () => device.readOutput('logits')])
      expect(call).toThrow('no program is loaded')
  })

  test('waiting for nothing, starting twice, reading before a run has ended', async () => {
    const device = await loaded()
    await expect(device.wait()).rejects.toThrow('nothing was started')
    expect(() => device.readOutput('logits')).toThrow('no run has ended')
    device.start()
    expect(() => device.start()).toThrow('a run is in progress')
    expect(() => device.writeInput('image', codesOf(1))).toThrow('a run is in progress')
    await expect(device.load(program)).rejects.toThrow('a run is in progress')
  })

  test('a run without its input, and tensors that do not exist', async () => {
    const device = await loaded()
    device.start()
    await expect(device.wait()).rejects.toThrow("input 'image'")
    expect(() => device.writeInput('picture', [])).toThrow("no input 'picture'; allowed: 'image'")
    device.writeInput('image', codesOf(1))
    device.start()
    await device.wait()
    expect(() => device.readOutput('label')).toThrow("no output 'label'; allowed: 'logits'")
  })

  test('anything after close', async () => {
    const device = await loaded()
    await device.close()
    expect(() => device.start()).toThrow(DlpError)
    await expect(device.load(program)).rejects.toThrow('the device is closed')
  })
})
