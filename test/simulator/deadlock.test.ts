// `verify` finds the same faults of waits and signals as the simulator, which steps every cycle.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { randomProgram } from '../../isa/arbitraries/program.ts'
import { verifySemaphores } from '../../isa/container/verify-semaphores.ts'
import { DlpError } from '../../base/error.ts'
import type { Instruction, LegalInstruction } from '../../isa/instruction.ts'
import { machines } from '../../isa/model/machine.ts'
import type { Program } from '../../isa/program.ts'
import { random } from '../../base/random.ts'
import { currentVersions } from '../../isa/versions.ts'
import { runTiming } from '../../simulator/run-timing.ts'
import { instruction } from '../isa/container/sample-program.ts'

type Outcome = 'runs' | 'deadlock' | 'left' | 'overflow' | 'queues'

/** The outcome of an entry in the simulator. */
function simulated({ machine, instructions, entry }: Program, name: 'init' | 'infer'): Outcome {
  try {
    runTiming(machine, instructions, entry[name])
    return 'runs'
  } catch (error) {
    if (!(error instanceof DlpError)) throw error
    if (error.message.includes('deadlock')) return 'deadlock'
    if (error.message.includes('at HALT')) return 'left'
    if (error.message.includes('above 255')) return 'overflow'
    if (error.message.includes('one queue that')) return 'queues'
    throw error
  }
}

/** The outcomes of an entry that `verify` reports. */
const verified = (program: Program, name: 'init' | 'infer'): Set<Outcome> =>
  new Set(
    verifySemaphores(program).flatMap((sentence): Outcome[] => {
      const index = Number(/^instruction (\d+)/.exec(sentence)?.[1] ?? program.entry[name])
      if (index >= program.entry.infer !== (name === 'infer')) return []
      if (sentence.includes(`entry ${name} deadlocks`)) return ['deadlock']
      if (sentence.includes(`entry ${name} leaves`)) return ['left']
      if (sentence.includes('above 255')) return ['overflow']
      return sentence.includes('one queue') ? ['queues'] : []
    }),
  )

/** Both report the same outcome; only whether an overflow happens may depend on cycles. */
function agree(program: Program, name: 'init' | 'infer'): Outcome {
  const outcome = simulated(program, name)
  const sentences = verified(program, name)
  if (outcome === 'overflow') expect([...sentences]).toContain('overflow')
  else {
    sentences.delete('overflow')
    expect([...sentences], verifySemaphores(program).join('\n')).toEqual(outcome === 'runs' ? [] : [outcome])
  }
  return outcome
}

const programOf = (instructions: readonly LegalInstruction[], queueDepth: number): Program => ({
  machine: { ...machines.tiny, queueDepth, instructionWords: 4096 },
  versions: currentVersions,
  name: 'waits',
  instructions: [instruction('HALT'), ...instructions, instruction('HALT')],
  entry: { init: 0, infer: 1 },
  ...{ constants: new Uint8Array(0), inputs: [], outputs: [], layers: [], weightsIn: 'resident', scratchBytes: 0 },
})

/** The shortest instruction of each queue. */
const shortest = [
  instruction('LOAD', { region: 1, positions: 1, channels: 1 }),
  instruction('LOADW', {}),
  instruction('LAYER', { patchHeight: 1, patchWidth: 1 }),
] as const

/** Instructions that wait and signal at random; each semaphore has its two queues, and most signals come before their waits. */
function randomWaits(seed: number): Program {
  const draw = random(seed)
  const below = (count: number): number => Math.floor(draw() * count)
  const used = 1 + below(5)
  const sides = Array.from({ length: used }, () => ({ from: below(3), to: below(3), open: 0 }))
  const orderly = draw()
  const instructions = Array.from({ length: 1 + below(40) }, () => {
    const queue = below(3)
    let wait = 0
    let signal = 0
    for (const [number, side] of sides.entries()) {
      if (side.to === queue && (side.open > 0 ? draw() < 0.7 : draw() < 0.2 * (1 - orderly))) {
        wait |= 1 << number
        side.open--
      }
      if (side.from === queue && draw() < 0.4) {
        signal |= 1 << number
        side.open++
      }
    }
    return { ...shortest[queue]!, wait, signal }
  })
  // Open signals are waited for at the end, or left.
  for (const [number, side] of sides.entries())
    for (; side.open > 0 && draw() < 0.5 + orderly; side.open--)
      instructions.push({ ...shortest[side.to]!, wait: 1 << number, signal: 0 })
  return programOf(instructions, 1 + below(4))
}

/** One bit of one mask changed, or two instructions exchanged. */
function mutated(program: Program, seed: number): Program {
  const draw = random(seed)
  const below = (count: number): number => Math.floor(draw() * count)
  const instructions: Instruction[] = [...program.instructions]
  const [a, b] = [below(instructions.length), below(instructions.length)]
  const own = instructions[a]!
  if (own.op === 'HALT' || instructions[b]!.op === 'HALT') return program
  if (draw() < 0.3) [instructions[a], instructions[b]] = [instructions[b]!, own]
  else if (own.op !== 'Illegal') {
    const field = draw() < 0.5 ? 'wait' : 'signal'
    instructions[a] = { ...own, [field]: own[field] ^ (1 << below(6)) }
  }
  return { ...program, instructions }
}

describe('verify and the simulator agree', () => {
  test('on random waits and signals', () => {
    const outcomes = new Map<Outcome, number>()
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const outcome = agree(randomWaits(seed), 'infer')
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
      }),
      { numRuns: 400 },
    )
    for (const outcome of ['runs', 'deadlock', 'left'] as const) expect(outcomes.get(outcome)).toBeGreaterThan(10)
  })

  test('on programs whose masks were damaged', () => {
    const outcomes = new Set<Outcome>()
    fc.assert(
      fc.property(fc.nat(), fc.nat(200), (seed, own) => {
        const program = mutated(randomProgram(machines.tiny, own, 3).program, seed)
        outcomes.add(agree(program, 'init'))
        outcomes.add(agree(program, 'infer'))
      }),
      { numRuns: 60 },
    )
    for (const outcome of ['runs', 'deadlock', 'left', 'queues'] as const) expect([...outcomes]).toContain(outcome)
  })

  test('on semaphores that fill up', () => {
    const outcomes = new Set<Outcome>()
    for (let count = 254; count <= 258; count++) {
      const signals = Array.from({ length: count }, () => ({ ...shortest[1], signal: 1 }))
      const waits = Array.from({ length: count }, () => ({ ...shortest[2], wait: 1 }))
      outcomes.add(agree(programOf([...signals, ...waits], 2), 'infer'))
      // Each signal is waited for at once: only deeper queues could accumulate signals.
      const alternating = signals.flatMap((signal, index) => [signal, waits[index]!])
      expect([...verified(programOf(alternating, 4), 'infer')]).toEqual([])
      outcomes.add(agree(programOf(alternating, 4), 'infer'))
    }
    expect([...outcomes].sort()).toEqual(['overflow', 'runs'])
  })
})
