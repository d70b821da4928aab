// Delays of the card family's cells: assumptions, stated here and nowhere else. No cell is placed and no net is routed, so that what follows from
// them is an estimate.

import type { Cell } from './netlist.ts'

/** Nanoseconds. A LUT and the net behind it, a carry chain, registers, memories and multipliers. */
export const assumedDelays = {
  /** from a LUT's input to its output */
  lut: 0.12,
  /** from an output in the fabric to the input that it drives */
  net: 0.38,
  /** from the fabric into a carry chain; its output is taken to drive what is next to it */
  carry: 0.12,
  /** along a carry chain, for each bit */
  carryBit: 0.015,
  /** MUXF7 and MUXF8, which lie in the slice of their LUTs */
  wideMux: 0.06,
  /** from the clock to a register's output */
  clockToOutput: 0.08,
  /** of a register's data, enable or reset */
  setup: 0.04,
  /** from the clock to the output of a shift register or LUT RAM */
  lutMemoryToOutput: 0.35,
  /** from the clock to a block memory's output register's output */
  blockMemoryToOutput: 0.3,
  /** of a block memory's address, data and enables */
  blockMemorySetup: 0.3,
  /** from the clock to a DSP's output register's output */
  dspToOutput: 0.3,
  /** of a DSP input that has its own register */
  dspSetup: 0.2,
  /** of a DSP input without a register, up to the product's register */
  dspMultiply: 1.5,
  /** of a DSP input without a register, up to the sum's register */
  dspAdd: 0.8,
} as const

/** What stands between an input and an output of a cell. */
export interface Arc {
  readonly from: string
  readonly to: string
  readonly ns: number
  readonly luts: number
  readonly carryBits: number
}

/** A cell's timing: its paths, where paths begin at its registers, and where they end. Pins are named `O[0]`. */
export interface CellTiming {
  readonly arcs: readonly Arc[]
  readonly starts: ReadonlyMap<string, number>
  readonly ends: ReadonlyMap<string, number>
  /** pins that are clocks */
  readonly clocks: ReadonlySet<string>
}

const { lut, net, carry, carryBit, wideMux, clockToOutput, setup, lutMemoryToOutput, dspToOutput, dspSetup } = assumedDelays
const { dspMultiply, dspAdd, blockMemoryToOutput, blockMemorySetup } = assumedDelays

const flipFlops = new Set(['FDRE', 'FDSE', 'FDCE', 'FDPE'])
const clockPins = new Set(['C', 'CLK', 'WCLK', 'clk_i'])

/** The timing of a primitive, of dlp_ram as a block memory; undefined for any other module. @throws Error for a primitive without figures */
export function timingOf(cell: Cell): CellTiming | undefined {
  const kind = cell.type.replace(/^.*\\/, '')
  if (/^LUT\d$|^INV$/.test(kind)) return throughAll(cell, lut + net, 1)
  if (/^MUXF\d$/.test(kind)) return throughAll(cell, wideMux, 0)
  if (/^CARRY[48]$/.test(kind)) return carryTiming(cell)
  if (flipFlops.has(kind)) return sequential(cell, clockToOutput + net, setup)
  if (kind.startsWith('SRL')) return sequential(cell, lutMemoryToOutput + net, setup, lutMemoryArcs(cell, /^A/))
  if (/^RAM\d+[MX]/.test(kind)) return sequential(cell, lutMemoryToOutput + net, setup, lutMemoryArcs(cell, /^(ADDR|A\d|DPRA|A$|DPRA$)/))
  if (kind === 'DSP48E2') return dspTiming(cell)
  if (/dlp_ram\b/.test(cell.type)) return sequential(cell, blockMemoryToOutput + net, blockMemorySetup)
  if (/^(BUFG|GND|VCC)/.test(kind)) return throughAll(cell, 0, 0)
  if (/dlp_/.test(cell.type)) return undefined
  throw new Error(`no delays are stated for the cell ${cell.type}`)
}

const outputPort = /^(O|Q|CO|DO|DO[A-H]|SPO|DPO|P|PATTERNDETECT|PATTERNBDETECT|Q31|read_data_o|OVERFLOW|UNDERFLOW|XOROUT|CARRYOUT|ACOUT|BCOUT|PCOUT|CARRYCASCOUT|MULTSIGNOUT)$/

function pins(cell: Cell): { inputs: string[]; outputs: string[]; clocks: Set<string> } {
  const inputs: string[] = []
  const outputs: string[] = []
  const clocks = new Set<string>()
  for (const [port, bits] of Object.entries(cell.connections))
    for (let i = 0; i < bits.length; i++) {
      const pin = `${port}[${i}]`
      if (clockPins.has(port)) clocks.add(pin)
      else if (outputPort.test(port)) outputs.push(pin)
      else inputs.push(pin)
    }
  return { inputs, outputs, clocks }
}

const none: ReadonlyMap<string, number> = new Map()

/** Every input reaches every output. */
function throughAll(cell: Cell, ns: number, luts: number): CellTiming {
  const { inputs, outputs, clocks } = pins(cell)
  const arcs = inputs.flatMap((from) => outputs.map((to) => ({ from, to, ns, luts, carryBits: 0 })))
  return { arcs, starts: none, ends: none, clocks }
}

/** Every output begins a path, every input ends one; `arcs` besides. */
function sequential(cell: Cell, toOutput: number, toRegister: number, arcs: readonly Arc[] = []): CellTiming {
  const { inputs, outputs, clocks } = pins(cell)
  const through = new Set(arcs.map(({ from }) => from))
  const ends = inputs.filter((pin) => !through.has(pin)).map((pin): [string, number] => [pin, toRegister])
  return { arcs, starts: new Map(outputs.map((pin) => [pin, toOutput])), ends: new Map(ends), clocks }
}

/** A LUT as memory is read without a clock: its addresses reach its outputs; of RAM32M and its kin each address its own output. */
function lutMemoryArcs(cell: Cell, address: RegExp): Arc[] {
  const { inputs, outputs } = pins(cell)
  const letter = (pin: string): string => /^(?:ADDR|DO)([A-H])/.exec(pin)?.[1] ?? ''
  return inputs
    .filter((pin) => address.test(pin))
    .flatMap((from) =>
      outputs
        .filter((to) => letter(from) === letter(to))
        .filter((to) => !(/^A\[|^A\d/.test(from) && to.startsWith('DPO')) && !(from.startsWith('DPRA') && to.startsWith('SPO')))
        .map((to) => ({ from, to, ns: lut + net, luts: 1, carryBits: 0 })),
    )
}

/** A bit of a chain depends on the bits below it. */
function carryTiming(cell: Cell): CellTiming {
  const width = cell.connections['S']?.length ?? 4
  const arcs: Arc[] = []
  for (const [port, bits] of Object.entries(cell.connections)) {
    if (port === 'O' || port === 'CO') continue
    for (let i = 0; i < bits.length; i++) {
      const isChain = port === 'CI'
      const first = port === 'S' || port === 'DI' ? i : port === 'CI_TOP' ? 4 : 0
      for (const output of ['O', 'CO'])
        for (let to = first; to < width; to++) {
          if (!(output in cell.connections)) continue
          const bitsPassed = to - first + 1
          const ns = (isChain ? 0 : carry) + carryBit * bitsPassed
          arcs.push({ from: `${port}[${i}]`, to: `${output}[${to}]`, ns, luts: 0, carryBits: bitsPassed })
        }
    }
  }
  return { arcs, starts: none, ends: none, clocks: new Set() }
}

/** Inputs end at the first register behind them, outputs begin at the last one in front of them; without any the DSP is a path. */
function dspTiming(cell: Cell): CellTiming {
  const { inputs, outputs, clocks } = pins(cell)
  const has = (register: string): boolean => Number(`0b${cell.parameters[register] ?? '1'}`) > 0
  const ends = new Map<string, number>()
  const arcs: Arc[] = []
  let toOutput = has('PREG') ? dspToOutput : has('MREG') ? dspToOutput + dspAdd : 0
  for (const pin of inputs) {
    const port = pin.replace(/\[.*/, '')
    const own = { A: 'AREG', B: 'BREG', D: 'DREG', C: 'CREG' }[port]
    const multiplies = port === 'A' || port === 'B' || port === 'D'
    const isRegistered = own !== undefined && has(own)
    if (isRegistered && !has('PREG') && (!multiplies || !has('MREG')))
      toOutput = Math.max(toOutput, dspToOutput + (multiplies ? dspMultiply : 0) + dspAdd)
    if (/^(CE|RST)/.test(port) || isRegistered) ends.set(pin, dspSetup)
    else if (multiplies && has('MREG')) ends.set(pin, dspMultiply)
    else if (has('PREG')) ends.set(pin, dspAdd + (multiplies ? dspMultiply : 0))
    else
      for (const to of outputs)
        arcs.push({ from: pin, to, ns: (multiplies ? dspMultiply : 0) + dspAdd + net, luts: 0, carryBits: 0 })
  }
  return { arcs, starts: toOutput === 0 ? none : new Map(outputs.map((pin) => [pin, toOutput + net])), ends, clocks }
}
