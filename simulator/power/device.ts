// The power that does not depend on the program: leakage and the rest of the board, scaled to the device that a machine needs.
import { parameterBits } from '../../isa/model/formats.ts'
import { clusterBeatBits } from '../../isa/model/sizes.ts'
import { lanes, machines, processingElements } from '../../isa/model/machine.ts'
import type { Machine } from '../../isa/model/machine.ts'
import { powerConstants } from './constants.ts'
import type { PowerConstant, PowerConstants } from './constants.ts'

/** W of a board with the smallest device, one DRAM and no PCIe: the part of a board's power that does not depend on the device. */
const smallBoard = { value: 2, low: 1, high: 5 } as const

/**
 * The size of the device that a machine needs, as a share of the one that holds `card`: its share of the PEs or of the memory bits, whichever is more.
 */
export function deviceShare(machine: Machine): number {
  const { card } = machines
  return Math.max(processingElements(machine) / processingElements(card), memoryBits(machine) / memoryBits(card))
}

/** The constants for a machine: those of the card, with leakage and the variable part of the board scaled to its device. */
export function constantsFor(machine: Machine): PowerConstants {
  const share = deviceShare(machine)
  if (share === 1) return powerConstants
  const device = `a device of ${share.toPrecision(2)} of the card's, by PEs or memories`
  const scaled = (constant: PowerConstant, least: Bounds, source: string): PowerConstant => {
    // Two digits: the figures are not more precise.
    const at = (bound: keyof Bounds): number =>
      Number((least[bound] + (constant[bound] - least[bound]) * share).toPrecision(2))
    return {
      ...constant,
      value: at('value'),
      low: at('low'),
      high: at('high'),
      source: `${source}: ${device}; ${constant.source}`,
    }
  }
  return {
    ...powerConstants,
    static: scaled(powerConstants.static, { value: 0, low: 0, high: 0 }, 'in proportion'),
    board: scaled(
      powerConstants.board,
      smallBoard,
      '2 W (1 to 5) and the rest in proportion; a Zybo Z7-20 with a small CNN design idles at 2.7 to 3.6 W, chip included (LukiBa/zybo_yolo), a DE1-SoC at 5.7 W (doonny/PipeCNN #96)',
    ),
  }
}

type Bounds = Pick<PowerConstant, 'value' | 'low' | 'high'>

/** Bits of feature, weight and parameter memory. */
function memoryBits(machine: Machine): number {
  const { clusters, banks, rows, featureWords, weightBeats, parameterGroups } = machine
  const feature = clusters * banks * featureWords * 4 * lanes(machine)
  const weights = weightBeats * clusters * clusterBeatBits(machine)
  return feature + weights + parameterGroups * rows * parameterBits
}
