// The registers and the instruction unit of the processor in Verilator: which accesses are allowed in which state, and the cycle of every event.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { BenchProcess } from '../../host/verilator/bench.ts'
import { buildProcessor, missingTools } from '../../host/verilator/build.ts'
import { encode } from '../../isa/codec.ts'
import { lanes } from '../../isa/model/machine.ts'
import { registers } from '../../isa/registers.ts'
import type { Register } from '../../isa/registers.ts'
import { statuses } from '../../isa/status.ts'
import { haltToInterruptCycles, startToDispatchCycles } from '../../isa/timing.ts'
import { machines } from '../../isa/model/machine.ts'

const isHere = process.env['CI'] === 'true' || missingTools().length === 0
const okay = 0
const slaveError = 2
const allBytes = 15
const illegal = 0n

const halt = encode({ op: 'HALT', wait: 0, signal: 0 })
const layer = (wait: number, signal: number): bigint =>
  encode({
    op: 'LAYER', wait, signal, block: 0, patchHeight: 1, patchWidth: 1, planeStride: 1, wide: 0, startBank: 0,
    zeroPoint: 0, low: 0, high: 15, validHeight: 1, validWidth: 1,
  }) // prettier-ignore
/** A REPATCH of one position from a map without pixels, as no table is loaded: a beat for every lane of each slot. */
const repatch = (slots: number): bigint =>
  encode({ op: 'REPATCH', wait: 0, signal: 0, source: 0, output: 100, gap: 0, firstRow: 0, rows: 1, slots, geometry: 0, wide: 0, fill: 0 }) // prettier-ignore
/** A program that waits for a semaphore that is never signalled. */
const stuck = [layer(1, 0), halt]

describe.skipIf(!isHere)('the processor in Verilator', () => {
  let bench: BenchProcess
  beforeAll(async () => {
    bench = new BenchProcess(await buildProcessor(machines.tiny))
  }, 300_000)
  afterAll(() => bench?.close())

  const numbers = (line = ''): number[] => line.split(' ').slice(1).map(Number)
  const poke = async (address: number, data: number, strobes = allBytes): Promise<number> =>
    numbers((await bench.command('poke', address, data, strobes))[0])[0]!
  const peek = async (address: number): Promise<{ data: number; response: number; interrupt: number }> => {
    const [data = -1, response = -1, interrupt = -1] = numbers((await bench.command('peek', address))[0])
    return { data, response, interrupt }
  }

  async function place(words: readonly bigint[]): Promise<void> {
    const bytes = words.map((word) => word.toString(16).padStart(32, '0').match(/../g)!.reverse().join(''))
    await bench.command('program', bytes.join(''))
  }

  /** How a program ends: status, its instruction, the interrupt's cycle; and the cycle of every dispatch. */
  async function run(words: readonly bigint[], entry = 0) {
    await place(words)
    const lines = await bench.command('run', entry, 100_000)
    const [, code = 0, index = 0, cycles = 0, interrupt = 0] = numbers(lines.at(-1))
    expect(interrupt).toBe(cycles)
    const dispatched = lines.filter((line) => line.startsWith('d')).map((line) => numbers(line)[0]!)
    const status = Object.keys(statuses).find((name) => statuses[name as keyof typeof statuses].code === code)
    return { status, index, cycles, dispatched }
  }

  test('every register of the table can be accessed as stated there, and no other address', async () => {
    const known = new Map<number, Register>()
    for (const register of Object.values<Register>(registers))
      for (let word = 0; word < (register.words ?? 1); word++) known.set(register.address + 4 * word, register)
    for (let address = 0; address < 0x200; address += 4) {
      const register = known.get(address)
      const readable = register?.access.includes('read') === true
      expect((await peek(address)).response).toBe(readable ? okay : slaveError)
      if (register?.access.includes('write') === true) continue
      expect(await poke(address, 1)).toBe(slaveError)
    }
    expect(await poke(0x4044, 2)).toBe(slaveError)
  })

  test('a written register reads back its value; regions begin at multiples of 4096', async () => {
    for (const [address, written, read] of [
      [registers.entry.address, 17, 17],
      [registers.watchdog.address, 0xffffffff, 0xffffffff],
      [registers.programAddress.address, machines.tiny.instructionWords - 1, machines.tiny.instructionWords - 1],
      [registers.regions.address + 8, 0x12345fff, 0x12345000],
      [registers.regions.address + 28, 0x89abcdef, 0x89abcdef],
    ] as const) {
      expect(await poke(address, written)).toBe(okay)
      expect((await peek(address)).data).toBe(read)
    }
    await bench.command('reset')
  })

  test('indices outside the instruction memory and writes of some bytes are refused', async () => {
    for (const { address } of [registers.entry, registers.programAddress]) {
      expect(await poke(address, 5)).toBe(okay)
      expect(await poke(address, machines.tiny.instructionWords)).toBe(slaveError)
      expect(await poke(address, 7, 0b0111)).toBe(slaveError)
      expect((await peek(address)).data).toBe(5)
    }
    // The instruction memory is full.
    expect(await poke(registers.programAddress.address, machines.tiny.instructionWords - 1)).toBe(okay)
    for (let word = 0; word < 4; word++) expect(await poke(registers.programData.address, 0)).toBe(okay)
    expect(await poke(registers.programData.address, 0)).toBe(slaveError)
  })

  test('while busy, the registers that a run uses cannot be written; a reset ends the run', async () => {
    await place(stuck)
    expect(await poke(registers.entry.address, 0)).toBe(okay)
    expect(await poke(registers.control.address, 1)).toBe(okay)
    expect((await peek(registers.status.address)).data).toBe(1)
    expect(await poke(registers.control.address, 1)).toBe(slaveError)
    const kept = [registers.entry, registers.regions, registers.programAddress]
    for (const { address } of kept) {
      const { data } = await peek(address)
      expect(await poke(address, data ^ 0x1000)).toBe(slaveError)
      expect((await peek(address)).data).toBe(data)
    }
    expect(await poke(registers.programData.address, 0)).toBe(slaveError)
    expect(await poke(registers.control.address, 2)).toBe(okay)
    while ((await peek(registers.status.address)).data !== 0);
    expect((await run([halt])).status).toBe('ok')
  })

  test('the interrupt follows done and its enable', async () => {
    await place([halt])
    expect(await poke(registers.entry.address, 0)).toBe(okay)
    expect(await poke(registers.control.address, 1)).toBe(okay)
    while ((await peek(registers.status.address)).data === 1);
    expect(await peek(registers.status.address)).toEqual({ data: 2, response: okay, interrupt: 0 })
    expect(await poke(registers.control.address, 4)).toBe(okay)
    expect(await peek(registers.control.address)).toEqual({ data: 4, response: okay, interrupt: 1 })
    expect(await poke(registers.status.address, 2)).toBe(okay)
    expect(await peek(registers.status.address)).toEqual({ data: 0, response: okay, interrupt: 0 })
  })

  test('a program of one HALT ends in the fewest cycles from every entry', async () => {
    const words = Array.from({ length: machines.tiny.instructionWords }, () => halt)
    for (const entry of [0, 1, 100, machines.tiny.instructionWords - 1]) {
      const cycles = startToDispatchCycles + 1 + haltToInterruptCycles
      expect(await run(words, entry)).toEqual({ status: 'ok', index: entry, cycles, dispatched: [startToDispatchCycles] })
    }
  })

  test('an instruction is dispatched in each cycle while its queue is not full, and none is lost when it is full', async () => {
    const free = await run([...Array.from({ length: 100 }, () => layer(0, 0)), halt])
    expect(free.dispatched).toEqual(Array.from({ length: 101 }, (_, i) => startToDispatchCycles + i))
    // Each REPATCH holds the queue for its beats.
    const beats = 2 * lanes(machines.tiny)
    const held = await run([layer(0, 0), ...Array.from({ length: 20 }, () => repatch(2)), halt])
    const steps = held.dispatched.slice(1).map((cycle, i) => cycle - held.dispatched[i]!)
    expect(held.status).toBe('ok')
    expect(held.dispatched.length).toBe(22)
    expect(steps.slice(4, 20)).toEqual(Array.from({ length: 16 }, () => beats))
  })

  test('a program without HALT ends at the end of the instruction memory', async () => {
    const { status, index } = await run(Array.from({ length: machines.tiny.instructionWords }, () => layer(0, 0)))
    expect({ status, index }).toEqual({ status: 'programEnd', index: machines.tiny.instructionWords - 1 })
  })

  test('a semaphore above 255 is reported with the instruction that signalled it', async () => {
    const signals = Array.from({ length: 256 }, () => layer(0, 1))
    const { status, index } = await run([...signals, layer(0, 0), halt])
    expect({ status, index }).toEqual({ status: 'semaphoreOverflow', index: 255 })
    // In the same cycle the next word is dispatched: the lower queue's error is kept.
    const tie = await run([...signals, illegal, halt])
    expect({ status: tie.status, index: tie.index }).toEqual({ status: 'illegalInstruction', index: 256 })
  })

  test('the watchdog ends a run after the given cycles without progress, and not during a long REPATCH', async () => {
    for (const cycles of [1, 50, 333]) {
      await bench.command('watchdog', cycles)
      const found = await run(cycles === 1 ? [halt] : stuck)
      // The start counts as progress a cycle after the doorbell, then each dispatch does.
      const last = cycles === 1 ? 1 : startToDispatchCycles + 1
      expect(found).toMatchObject({ status: 'watchdog', cycles: last + cycles + 1 + haltToInterruptCycles })
    }
    await bench.command('watchdog', 60)
    const long = await run([layer(0, 0), repatch(255), halt])
    expect(long.status).toBe('ok')
    expect(long.cycles).toBeGreaterThan(255 * lanes(machines.tiny))
    await bench.command('watchdog', 0)
  })
})
