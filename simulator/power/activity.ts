// What a run does, counted from its instructions and weights: products, bits of every memory, DRAM, cycles. Energies are in `constants.ts`.
import { defined, elementAt } from '../../base/defined.ts'
import { parameterBits } from '../../isa/model/formats.ts'
import { clusterBeatBits } from '../../isa/model/sizes.ts'
import type { BankOperation, InstructionOf } from '../../isa/instruction.ts'
import { isBankOperation } from '../../isa/instruction.ts'
import { lanes, processingElements, slotChannels } from '../../isa/model/machine.ts'
import type { Machine } from '../../isa/model/machine.ts'
import type { Program } from '../../isa/program.ts'
import { wordTaps } from '../../isa/timing.ts'
import { loadedChannel, wordGroups } from '../../isa/semantics/transfers.ts'
import { positionBeatsOf } from '../position-beats.ts'
import type { PositionBeats } from '../position-beats.ts'

/** Counts of one run of `infer`. */
export interface ActivityCounts {
  /** of a non-zero weight and an activation, whether useful or not */
  readonly products: number
  /** PEs × beats of COMPUTEs, with or without a product */
  readonly choices: number
  /** column ids that banks read by, and taps of bank operations */
  readonly columns: number
  readonly featureReadBits: number
  readonly featureWriteBits: number
  /** what COMPUTE, bank operations read, which goes through the torus */
  readonly torusBits: number
  readonly weightReadBits: number
  /** values drained from the accumulators, one for each cluster */
  readonly clusterSums: number
  readonly partialSumBits: number
  /** values that are requantised, in all lanes */
  readonly codes: number
  /** values that go into lane sums, in all lanes */
  readonly laneSums: number
  /** parameter and logits memory */
  readonly parameterBits: number
  /** data beats of AXI, in both directions */
  readonly dramBits: number
  /** PEs × cycles of the run */
  readonly peCycles: number
  /** PEs × cycles in which no COMPUTE has a beat: part of `peCycles`, for reports */
  readonly idlePeCycles: number
  readonly seconds: number
}

type Counts = { -readonly [K in keyof ActivityCounts]: number }
type LayerFields = Pick<InstructionOf<'LAYER'>, 'patchWidth' | 'wide'> & { readonly columns?: number }

/** How long a run takes, and its DRAM traffic. */
export interface RunTraffic {
  readonly cycles: number
  readonly dramBytes: { readonly read: number; readonly written: number }
}

const logitBits = 32
const partialSumBits = 32

/** The activity of a run of `infer`. */
export function activityOf(program: Program, { cycles, dramBytes }: RunTraffic, clockMHz: number): ActivityCounts {
  const { machine, instructions, entry } = program
  const positionBeats = positionBeatsOf(program)
  const counts = emptyCounts()
  let layer: LayerFields = { patchWidth: 0, wide: 0 }
  for (let index = entry.infer; index < instructions.length; index++) {
    const each = elementAt(instructions, index)
    switch (each.op) {
      case 'LAYER':
        layer = each
        break
      case 'COLUMNS':
        layer = { ...layer, columns: each.columns }
        break
      case 'COMPUTE':
        addCompute(counts, machine, layer, each, defined(positionBeats.get(index)))
        break
      case 'LOAD':
        counts.featureWriteBits += loadedWords(machine, each) * wordBits(machine)
        break
      case 'STORE':
        counts.featureReadBits += storedWords(machine, each) * wordBits(machine)
        break
      case 'STOREL':
        counts.parameterBits += each.count * logitBits
        break
      default:
        if (isBankOperation(each)) addBankOperation(counts, machine, layer, each)
    }
  }
  const pes = processingElements(machine)
  return {
    ...counts,
    dramBits: 8 * (dramBytes.read + dramBytes.written),
    peCycles: pes * cycles,
    idlePeCycles: pes * cycles - counts.choices,
    seconds: cycles / (clockMHz * 1e6),
  }
}

/** Bits of a word of feature memory. */
const wordBits = (machine: Machine): number => 4 * lanes(machine)

/** Every bank of every cluster reads in every beat. Each part drains its sums; those of the last part are requantised or added to lane sums. */
function addCompute(
  counts: Counts,
  machine: Machine,
  layer: LayerFields,
  compute: InstructionOf<'COMPUTE'>,
  position: PositionBeats,
): void {
  const { clusters, banks, rows } = machine
  const positions = compute.rows * (layer.columns ?? layer.patchWidth)
  const beats = positions * compute.beats
  const reads = beats * clusters * banks
  counts.products += positions * position.products * lanes(machine)
  counts.choices += beats * processingElements(machine)
  counts.weightReadBits += beats * clusters * clusterBeatBits(machine)
  addReads(counts, machine, reads)
  const values = rows * lanes(machine)
  const drained = positions * position.parts * values
  counts.clusterSums += drained * clusters
  const summed = compute.accumulate === 1 ? drained : drained - positions * values
  counts.partialSumBits += (drained + summed) * partialSumBits
  // Sums that stay in PSUM are not requantised yet.
  const finished = positions * (position.parts - position.keptParts)
  if (compute.laneSum === 1) {
    counts.laneSums += finished * values
    if (compute.logits === 1) counts.parameterBits += rows * (parameterBits + logitBits)
    else addCodes(counts, machine, layer, 1)
  } else addCodes(counts, machine, layer, finished)
}

/** Codes of all rows and lanes that are written at some positions. */
function addCodes(counts: Counts, machine: Machine, layer: LayerFields, positions: number): void {
  counts.codes += positions * machine.rows * lanes(machine)
  counts.parameterBits += positions * machine.rows * parameterBits
  counts.featureWriteBits += positions * machine.rows * (1 + layer.wide) * wordBits(machine)
}

/** Writes a word in every bank for each position, slot and plane, and reads the taps of each. */
function addBankOperation(counts: Counts, machine: Machine, layer: LayerFields, operation: BankOperation): void {
  const rows = operation.rows * operation.slots * (1 + operation.wide) * machine.clusters * machine.banks
  const taps = wordTaps(machine, operation, 0) + (layer.patchWidth - 1) * wordTaps(machine, operation, 1)
  addReads(counts, machine, rows * taps)
  counts.featureWriteBits += rows * layer.patchWidth * wordBits(machine)
}

function addReads(counts: Counts, machine: Machine, words: number): void {
  counts.columns += words
  counts.featureReadBits += words * wordBits(machine)
  counts.torusBits += words * wordBits(machine)
}

/** Words that a LOAD writes, replicas of channels included. */
function loadedWords(machine: Machine, load: InstructionOf<'LOAD'>): number {
  const taken = wordGroups(machine, load).map((group) => {
    let words = 0
    for (let q = 0; q < slotChannels(machine); q++) if (loadedChannel(machine, load, group, q) !== undefined) words++
    return words
  })
  return load.positions * taken.reduce((sum, words) => sum + words, 0)
}

const storedWords = (machine: Machine, store: InstructionOf<'STORE'>): number =>
  store.positions * wordGroups(machine, store).reduce((sum, { channels }) => sum + channels, 0)

const emptyCounts = (): Counts => ({
  products: 0, choices: 0, columns: 0, featureReadBits: 0, featureWriteBits: 0, torusBits: 0, weightReadBits: 0, clusterSums: 0,
  partialSumBits: 0, codes: 0, laneSums: 0, parameterBits: 0, dramBits: 0, peCycles: 0, idlePeCycles: 0, seconds: 0,
}) // prettier-ignore
