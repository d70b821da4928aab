// What each activity costs in energy, for an FPGA of the card's class (VU9P, 16 nm, 0.85 V) on a PCIe card: every figure with its bounds and source.
import { DlpError } from '../../base/error.ts'
import type { ActivityCounts } from './activity.ts'
import { horowitz, multiply, onCard } from './published.ts'

export interface PowerConstant {
  readonly value: number
  /** bounds within which the true figure is believed to lie */
  readonly low: number
  readonly high: number
  /** of the value: pJ for one of the activity, W, or a share of the power on the chip */
  readonly unit: 'pJ' | 'W' | 'share'
  /** the activity that it is multiplied by; the regulators take a share of the others */
  readonly per: keyof ActivityCounts | 'chip'
  readonly what: string
  /** derived: computed from the published figures named; assumed: an engineering estimate */
  readonly basis: 'derived' | 'assumed'
  readonly source: string
}

/** How a derived constant comes from [H] Horowitz's energies at 45 nm, and [K] Kuon and Rose's ratio of an FPGA to an ASIC (`published.ts`). */
const scaled = '[H] × 0.32 (45 to 16 nm) × [K]'

/** A bit of a memory, read or written. */
const memoryBit = {
  value: onCard(horowitz.sramBit, 'hardBlocks'),
  low: 0.35,
  high: 1.4,
  unit: 'pJ',
  basis: 'derived',
  source: `${scaled} 7.1: 20 pJ ÷ 64`,
} as const

export const powerConstants = {
  product: {
    value: onCard((multiply(27, 18) + 1.5 * horowitz.add32) / 2, 'hardBlocks'), low: 0.5, high: 3.6, unit: 'pJ', per: 'products', basis: 'derived',
    what: 'a product of a non-zero weight and its addition to the accumulator',
    source: `${scaled} 7.1: a DSP multiplies 27 × 18 bits and adds 48 for two products; the lower bound is for the case that only the 26 × 4 bits that they need toggle`,
  },
  choice: {
    value: 1.5, low: 0.7, high: 3, unit: 'pJ', per: 'choices', basis: 'assumed',
    what: 'a PE in a beat, with or without a product: an operand from one of the banks is selected and registered',
    source: 'a 16:1 choice of 4 bits (16 LUTs), its wires and registers, at 0.1 pJ a LUT and toggle',
  },
  clock: {
    value: 1.5, low: 0.8, high: 3, unit: 'pJ', per: 'peCycles', basis: 'assumed',
    what: 'a PE in a cycle, idle ones too: its share of the clock tree and of all registers’ clock pins',
    source: 'some 100 registers a PE, all logic included, at 15 fJ each with the tree; no clock gating',
  },
  featureRead: { ...memoryBit, per: 'featureReadBits', what: 'a bit read from feature memory' },
  featureWrite: { ...memoryBit, per: 'featureWriteBits', what: 'a bit written to feature memory' },
  column: {
    value: 5, low: 2, high: 10, unit: 'pJ', per: 'columns', basis: 'assumed',
    what: 'a column id in a bank: slot entry, tap offsets, address',
    source: 'a read of 32 bits of LUT RAM and three additions of 16 bits',
  },
  torus: {
    value: 0.15, low: 0.08, high: 0.4, unit: 'pJ', per: 'torusBits', basis: 'assumed',
    what: 'a bit through the torus: two choices of three neighbours, fill, sign', source: 'two LUTs and two registers',
  },
  weightRead: {
    value: onCard(2 * horowitz.sramBit, 'hardBlocks'), low: 0.7, high: 2.8, unit: 'pJ', per: 'weightReadBits', basis: 'derived',
    what: 'a bit read from weight memory and taken to its PE row in all dies', source: `${scaled} 7.1: 20 pJ ÷ 64, and as much for the wires`,
  },
  clusterSum: {
    value: onCard(2 * horowitz.add32, 'logic'), low: 0.45, high: 1.8, unit: 'pJ', per: 'clusterSums', basis: 'derived',
    what: 'a value drained from a cluster and added to the others’', source: `${scaled} 14: 0.1 pJ, and as much for selection and wires`,
  },
  partialSum: {
    value: 0.2, low: 0.1, high: 0.5, unit: 'pJ', per: 'partialSumBits', basis: 'assumed',
    what: 'a bit of a partial sum, read or written', source: 'LUT RAM',
  },
  code: {
    value: onCard(multiply(32, 16) + 3 * horowitz.add32, 'logic'), low: 4, high: 16, unit: 'pJ', per: 'codes', basis: 'derived',
    what: 'a value that is requantised: bias, 32 × 16 multiplication, shift, clamp', source: `${scaled} 14: 3.1 ÷ 2 + 3 × 0.1 pJ`,
  },
  laneSum: {
    value: onCard(horowitz.add32, 'logic'), low: 0.2, high: 1, unit: 'pJ', per: 'laneSums', basis: 'derived',
    what: 'a value added to a lane sum', source: `${scaled} 14: 0.1 pJ`,
  },
  parameter: { ...memoryBit, per: 'parameterBits', what: 'a bit of parameter or logits memory, read or written' },
  transfer: {
    value: 1, low: 0.5, high: 2, unit: 'pJ', per: 'dramBits', basis: 'assumed',
    what: 'a bit between the DRAM controller and its memory on the chip: AXI, unpacking, wires', source: 'some ten registers and their wires',
  },
  dram: {
    value: Math.round(horowitz.dramBit), low: 10, high: Math.round(horowitz.dramBitAtMost), unit: 'pJ', per: 'dramBits', basis: 'derived',
    what: 'a bit read from or written to DRAM, on top of what the DRAM takes when idle', source: '[H]: 1.3 to 2.6 nJ for 64 bits, not scaled; half of the least for a better interface',
  },
  static: {
    value: 6, low: 3, high: 12, unit: 'W', per: 'seconds', basis: 'assumed',
    what: 'leakage of the whole device, whatever runs',
    source: 'the lower bound is a VU9P’s core supply alone, 3.6 A at 0.85 V in a report of Vivado (aws/aws-fpga, afi_power.md); the other supplies and a warmer chip are assumed',
  },
  regulators: {
    value: 0.12, low: 0.08, high: 0.2, unit: 'share', per: 'chip', basis: 'assumed',
    what: 'lost in the regulators, of the power on the chip', source: 'regulators of 83 to 93 % efficiency',
  },
  board: {
    value: 18, low: 12, high: 28, unit: 'W', per: 'seconds', basis: 'assumed',
    what: 'the rest of the card: PCIe, DRAM controller and idle DRAM, management, fan',
    source: 'the lower bound is a card at rest, 17.4 W, less its core supply, 4.8 W (Xilinx/XRT #3697); PCIe and DRAM at work are assumed; a slot alone gives 75 W (DS1014)',
  },
} as const satisfies Record<string, PowerConstant> // prettier-ignore

export type PowerConstantName = keyof typeof powerConstants
export type PowerConstants = Readonly<Record<PowerConstantName, PowerConstant>>

/** The form of a user's constants, for messages. */
export const constantsForm = '{ "NAME": NUMBER, … }'

/** The greatest value of a constant, far above any figure of a card. */
const mostValue = 1e6

/**
 * Constants whose values the user gives. Their bounds are the value itself.
 * @param values by name
 * @throws DlpError naming a constant that does not exist or has no valid value
 */
export function givenConstants(values: unknown, where: string): Partial<PowerConstants> {
  const names = Object.keys(powerConstants)
  if (typeof values !== 'object' || values === null || Array.isArray(values))
    throw new DlpError({ what: 'is not a JSON object', where, allowed: constantsForm })
  const given = Object.entries(values as Record<string, unknown>).map(([name, value]) => {
    if (!names.includes(name))
      throw new DlpError({ what: `no constant '${name.slice(0, 60)}'`, where, allowed: names.join(', ') })
    const { unit } = powerConstants[name as PowerConstantName]
    if (typeof value !== 'number' || !(value >= 0 && value <= mostValue))
      throw new DlpError({
        what: `'${name}' is ${JSON.stringify(value)?.slice(0, 60)}`,
        where,
        allowed: `0 to ${mostValue}, in ${unit}`,
      })
    const constant: PowerConstant = {
      ...powerConstants[name as PowerConstantName],
      value,
      low: value,
      high: value,
      source: where,
    }
    return [name, constant] as const
  })
  return Object.fromEntries(given)
}
