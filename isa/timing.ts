// All cycle counts of the machine as named constants and formulas, for simulator, compiler, manual and RTL.
import { unreachable } from '../base/error.ts'
import type { InstructionOf } from './instruction.ts'

/** Read-modify-write loop of the partial sums, in cycles. */
export const psumLoopCycles = 3

// The compute path: cycles from one register to the next, in pipeline order, counted from the cycle in which the position
// sequencer presents a beat's address to the weight memory ("the beat's cycle"). rtl/README.md draws it.

/** A COMPUTE issued at t (accepted by the position sequencer) has its first beat at t + 1 at the earliest. */
export const issueToBeatCycles = 1
/** Every on-chip memory: one cycle for the array, one for its output register. */
export const memoryReadCycles = 2
/** Column id to feature memory address: slot index, slot entry, tap row and column, tap offsets, sum. */
export const columnAddressCycles = 5
/** Row shift, then column shift and fill. */
export const torusCycles = 2
/** Choice of bank, product, accumulation. */
export const processingElementCycles = 3
/** Choice of the row group that drains. */
export const drainCycles = 1
/** Adder tree over at most eight clusters. */
export const clusterSumCycles = 2
/** Addition to the partial sum; its word is written in the cycle in which the total is registered. */
export const psumCycles = 1
/** Bias, two of the multiplier, rounding, shift, zero point, clamp. */
export const postCycles = 7
/** Choice of bank and plane in front of the feature memory's write port. */
export const writeBackCycles = 1
/** Lane sum: adder tree over at most 64 lanes (3), addition to the row's sum (1). */
export const laneSumCycles = 4

/** A beat's cycle → the cycle in which its banks are read; of a word written in that same cycle the old value is read. */
export const beatToReadCycles = memoryReadCycles + columnAddressCycles
/** The read's cycle → the cycle in which the accumulators of row group 0 hold the beat; row group k follows k cycles later. */
export const readToAccumulateCycles = memoryReadCycles + torusCycles + processingElementCycles
/** The cycle of a part's last beat → the cycle in which PSUM takes row group 0's sums; row group k follows k cycles later. */
export const beatToPsumCycles = beatToReadCycles + readToAccumulateCycles + drainCycles + clusterSumCycles + psumCycles
/** The cycle of a position's last beat → the cycle at whose end row group 0's codes are written; row group k follows k cycles later. */
export const beatToWriteCycles = beatToPsumCycles + postCycles + writeBackCycles
/** The cycle of a COMPUTE's last beat → the cycle at whose end the logits of row group 0 are written; likewise. */
export const beatToLogitsCycles = beatToPsumCycles + laneSumCycles
/** The cycle of a COMPUTE's last beat → the cycle at whose end the requantised lane sums of row group 0 are written; likewise. */
export const beatToLaneSumWriteCycles = beatToWriteCycles + laneSumCycles

/**
 * Least gap before the next instruction that uses the banks after such a COMPUTE, whatever its own `gap` is: requantised lane
 * sums take `laneSumCycles` longer to the post stage and the write port, and must not meet the codes of the next COMPUTE there.
 */
export const gapAfter = (compute: { readonly laneSum: number; readonly logits: number }): number =>
  compute.laneSum === 1 && compute.logits === 0 ? laneSumCycles : 0

/** The cycle of a position's last beat → the cycle in which a serial post takes row group 0's sums; the next group follows when it has ended. */
export const beatToSerialPostCycles = beatToReadCycles + readToAccumulateCycles
/** Least cycles of a serial post: parameters and bias (2), 16 bits of the multiplier, the shift by four (12) and by one (3), zero point with clamp. */
export const leastSerialPostCycles = 2 + 16 + 12 + 3 + 1

// Bank operations: one sequencer over slot, step, position and tap; a beat reads every bank.

/** A beat of a bank operation → the cycle in which its banks are read. */
export const bankBeatToReadCycles = 4
/** The read of a word's last tap → the cycle at whose end its codes are written: memory, torus, maximum, pairing of planes, write port. */
export const bankReadToWriteCycles = memoryReadCycles + torusCycles + 2 + writeBackCycles
/** A word's last beat → the cycle at whose end its codes are written. */
export const bankBeatToWriteCycles = bankBeatToReadCycles + bankReadToWriteCycles
/** Beats that a written word takes at least: every second cycle of a bank's write port stays free for LOAD. */
export const leastWordBeats = 2

// The control path: dispatch, queues, DRAM.

/** The doorbell's cycle is 0; the first instruction is dispatched in this cycle. */
export const startToDispatchCycles = 3
/** An instruction dispatched at t can issue at t + 1. */
export const dispatchToIssueCycles = 1
/** HALT takes effect one cycle after the last retirement; the interrupt rises so many cycles later. */
export const haltToInterruptCycles = 1
/** A LOAD, LOADW, LOADP or LOADT issued at t requests its first read address at t + 2: region base and length take a cycle. */
export const issueToAddressCycles = 2
/** LOADs (likewise LOADWs, LOADPs and LOADTs) that may be issued and not yet retired. */
export const transfersInFlight = 8
/** The last data beat of a word group → the cycle at whose end its words are written; a cycle later where the drain holds the port. */
export const loadBeatToWriteCycles = 3
/**
 * From the last data beat of a LOAD's word group to the last one of its next, at least: so it writes a bank at most every second cycle.
 * Likewise from the last beat of a LOAD to the first one of the next LOAD.
 */
export const loadGroupCycles = 2
/** The last data beat of a LOAD → its retirement: the write, and one cycle in the skid register. */
export const loadBeatToRetireCycles = loadBeatToWriteCycles + 1
/** A data beat of the parameter queue → the cycle at whose end its memory is written; the last one's is the retirement. */
export const parameterBeatToWriteCycles = 3
/** A STORE issued at t reads its first word group at t + 2. */
export const storeIssueToReadCycles = 2
/** A STORE's or STOREL's read → the cycle in which its first data beat can be sent. */
export const storeReadToBeatCycles = memoryReadCycles + 1
/** A STOREL issued at t requests the write channel at t + 1. */
export const storeLogitsIssueToRequestCycles = 1
/** Bytes of a burst at most, and the boundary that it does not cross. */
export const burstBytes = 4096
/** Data beats of a burst at most. */
export const burstBeats = 256

interface SumFlags {
  readonly laneSum: number
  readonly logits: number
}

interface Post {
  readonly rows: number
  readonly drainRows: number
  readonly limits?: { readonly postInterval?: number; readonly taps?: number }
}

/** Cycles between the row groups of one position: row u is written ⌊u ÷ R⌋ cycles after row 0, or as many times the post interval. */
export const drainGroups = (machine: { readonly rows: number; readonly drainRows: number }): number =>
  machine.rows / machine.drainRows

/** Cycles that post takes for a row group: 1, or more where it works bit by bit (`limits.postInterval`). */
export const postInterval = (machine: Post): number => machine.limits?.postInterval ?? 1

/** Whether post works bit by bit, so that a position's codes are written before the next position begins. */
export const postIsSerial = (machine: Post): boolean => postInterval(machine) > 1

/** A COMPUTE's last beat → the cycle at whose end row group 0's last result is written. */
export const resultCycles = (machine: Post, { laneSum, logits }: SumFlags): number => {
  if (postIsSerial(machine)) return beatToSerialPostCycles + postInterval(machine) - 1
  return laneSum === 0 ? beatToWriteCycles : logits === 1 ? beatToLogitsCycles : beatToLaneSumWriteCycles
}

/** A position's last beat → the cycle at whose end its last result is written. */
export const lastResultCycles = (machine: Post, sums: SumFlags): number =>
  resultCycles(machine, sums) + (drainGroups(machine) - 1) * postInterval(machine)

/** Cycles from the first one of a position to its first beat: with a serial post its tap rows and columns are found one by one. */
export const positionLeadCycles = (machine: Post): number =>
  postIsSerial(machine) ? 2 * (machine.limits?.taps ?? 8) : 0

/** Cycles of one position of a COMPUTE: its beats; with a serial post also its lead, and until its last code is written. */
export const positionCycles = (machine: Post, beats: number): number =>
  positionLeadCycles(machine) +
  beats +
  (postIsSerial(machine) ? lastResultCycles(machine, { laneSum: 0, logits: 0 }) : 0)

/** A COMPUTE's last cycle → its retirement: the cycle at whose end its last result is written. */
export const computeRetireCycles = (machine: Post, sums: SumFlags): number =>
  postIsSerial(machine) ? 0 : lastResultCycles(machine, sums)

/** Cycle in which beat `beat` of position `position` (0 upward, in the COMPUTE's order) reads its banks. */
export const readCycle = (machine: Post, firstCycle: number, beats: number, position: number, beat: number): number =>
  firstCycle + position * positionCycles(machine, beats) + positionLeadCycles(machine) + beat + beatToReadCycles

/** Cycle at whose end row `row` of a position is written by a COMPUTE without laneSum; a read in a later cycle returns it. */
export const writeCycle = (machine: Post, firstCycle: number, beats: number, position: number, row: number): number =>
  firstCycle +
  position * positionCycles(machine, beats) +
  positionLeadCycles(machine) +
  beats -
  1 +
  resultCycles(machine, { laneSum: 0, logits: 0 }) +
  Math.floor(row / machine.drainRows) * postInterval(machine)

/** Cycle at whose end the lane sum of row `row` is written by a COMPUTE whose last cycle is `last`. */
export const sumWriteCycle = (machine: Post, last: number, sums: SumFlags, row: number): number =>
  last + resultCycles(machine, sums) + Math.floor(row / machine.drainRows)

/** The fields that decide the beats of a bank operation. */
type Pool = Pick<InstructionOf<'POOL'>, 'op' | 'windowHeight' | 'windowWidth' | 'advance'>
type BankTiming =
  Pool | Pick<InstructionOf<'MOVE'>, 'op' | 'laneRows' | 'laneColumns'> | Pick<InstructionOf<'REPATCH'>, 'op'>
type LaneGrid = { readonly gridHeight: number; readonly gridWidth: number }

/** The column of POOL's window that is reused from the position before instead of being read, at a column of a row of positions; undefined where there is none. */
export const reusedColumn = ({ windowWidth, advance }: Pool, column: number): number | undefined =>
  advance === 0 || column === 0 ? undefined : windowWidth - 1 - advance

/** Taps that POOL reads at a position of a row. */
export const windowTaps = (operation: Pool, column: number): number =>
  operation.windowHeight * (operation.windowWidth - (reusedColumn(operation, column) === undefined ? 0 : 1))

/** The beat of a word in which a tap is read (POOL's go column by column); undefined where it is reused from the position before. */
export const tapBeat = (operation: BankTiming, column: number, tap: number): number | undefined => {
  const reused = operation.op === 'POOL' ? reusedColumn(operation, column) : undefined
  if (operation.op !== 'POOL' || reused === undefined) return tap
  const tapColumn = Math.floor(tap / operation.windowHeight)
  if (tapColumn === reused) return undefined
  return tapColumn < reused ? tap : tap - operation.windowHeight
}

/** Taps that are read for one written word. */
export const wordTaps = (machine: LaneGrid, operation: BankTiming, column: number): number => {
  switch (operation.op) {
    case 'POOL':
      return windowTaps(operation, column)
    case 'MOVE':
      return 1
    case 'REPATCH':
      return machine.gridHeight * machine.gridWidth
    default:
      return unreachable(operation)
  }
}

/**
 * Beats of one written word. POOL: one for every tap that it reads at that column of a row. MOVE: one pass of `torusCycles` through the
 * torus for every lane of the greater shift, and one for the tap, which may leave the patch. REPATCH: one for every lane.
 */
export const wordBeats = (machine: LaneGrid, operation: BankTiming, column: number): number => {
  switch (operation.op) {
    case 'MOVE':
      return torusCycles * (1 + Math.max(Math.abs(operation.laneRows), Math.abs(operation.laneColumns)))
    case 'POOL':
    case 'REPATCH':
      return Math.max(leastWordBeats, wordTaps(machine, operation, column))
    default:
      return unreachable(operation)
  }
}

/** Beats of the words of one plane, at so many positions, from the first of a row on. */
export const planeBeats = (machine: LaneGrid, operation: BankTiming, patchWidth: number, positions: number): number => {
  const row = wordBeats(machine, operation, 0) + (patchWidth - 1) * wordBeats(machine, operation, 1)
  const rest = positions % patchWidth
  const begun = rest === 0 ? 0 : wordBeats(machine, operation, 0) + (rest - 1) * wordBeats(machine, operation, 1)
  return Math.floor(positions / patchWidth) * row + begun
}

/** Cycles in which STOREL gathers a data beat from the logits memory, which gives R logits a cycle from multiples of R. */
export function logitsBeatCycles(machine: { readonly axiBits: number; readonly drainRows: number }): number {
  const perBeat = machine.axiBits / 32
  if (machine.drainRows % perBeat === 0) return 1
  return Math.ceil(perBeat / machine.drainRows) + (perBeat % machine.drainRows === 0 ? 0 : 1)
}

/** Data beats of the bursts that carry `bytes` from byte `address` of a region that starts on a burst boundary. */
export function bursts(address: number, bytes: number, axiBytes: number): number[] {
  const lengths: number[] = []
  const longest = Math.min(burstBytes, burstBeats * axiBytes)
  for (let at = address; at < address + bytes;) {
    const boundary = (Math.floor(at / burstBytes) + 1) * burstBytes
    const next = Math.min(boundary, at + longest, address + bytes)
    lengths.push(Math.ceil((next - at) / axiBytes))
    at = next
  }
  return lengths
}
