// One random layer: its tables, parameters and weights, and its instructions for the compute queue.

import { unreachable } from '../../base/error.ts'
import type { InstructionOf, LegalInstruction } from '../instruction.ts'
import { geometriesPerBlock } from '../model/formats.ts'
import type { Machine } from '../model/machine.ts'
import { limitsOf, slotChannels } from '../model/machine.ts'
import type { LayerRecord } from '../program.ts'
import type { SeededRandom } from './seeded-random.ts'
import type { SumKind } from './row-group.ts'
import { rowGroup, drainedGap } from './row-group.ts'
import { loadTable, randomSources } from './sources.ts'
import type { OutputPatch } from './tables.ts'
import { randomGeometry, repatchGeometry } from './tables.ts'
import type { FeatureMap, ProgramDraft } from './program-draft.ts'
import { make, pickSource, semaphore } from './program-draft.ts'

export interface RandomLayer {
  readonly kind: LayerRecord['kind']
  /** LOADW, to run in this layer or before everything */
  readonly weights: readonly LegalInstruction[]
  /** LOADT and LOADP; the last signals */
  readonly parameter: LegalInstruction[]
  /** LAYER, then what computes it */
  readonly compute: LegalInstruction[]
  /** logits that STOREL may fetch */
  readonly logits?: { readonly first: number; readonly count: number }
}

const bankKinds = ['pool', 'move', 'repatch'] as const
type BankKind = (typeof bankKinds)[number]
type LayerChoice = SumKind | BankKind

/** A layer that reads maps written before; undefined where a memory has no room for it. */
export function randomLayer(draft: ProgramDraft, block: number): RandomLayer | undefined {
  const { random, machine } = draft
  const { bankSide, laneSums } = limitsOf(machine)
  const sums: readonly LayerChoice[] = laneSums ? ['laneSum', 'logits'] : []
  const kind = random.pick<LayerChoice>(['spatial', 'spatial', 'spatial', ...sums, ...(bankSide ? bankKinds : [])])
  const output: OutputPatch = { height: random.int(1, 3), width: random.int(1, 3) }
  return kind === 'pool' || kind === 'move' || kind === 'repatch'
    ? bankLayer(draft, block, kind, output)
    : linearLayer(draft, block, kind, output)
}

function bankLayer(draft: ProgramDraft, block: number, kind: BankKind, output: OutputPatch): RandomLayer | undefined {
  const { random, machine, feature, maps } = draft
  const source = pickSource(draft)
  const { slots, planes, startBank } = source
  const planeStride = output.height * output.width + random.int(0, 1)
  if (!feature.fits(slots * planes * planeStride)) return undefined
  const sources = Array.from({ length: geometriesPerBlock }, () => {
    const plain = randomGeometry(random, machine, source, output, 2)
    return kind === 'repatch' ? { ...plain, geometry: repatchGeometry(random, machine, source) } : plain
  })
  const geometry = random.int(0, limitsOf(machine).geometries - 1)
  const base = feature.allocate(slots * planes * planeStride)
  const target = { ...patchOf(output), base, planeStride, slots, planes, startBank }
  maps.push(target)
  const instruction = bankInstruction(random, kind, sources[geometry]!.window, {
    source: source.base,
    output: target.base,
    gap: drainedGap(machine),
    firstRow: random.int(0, output.height - 1),
    rows: output.height,
    slots,
    geometry,
    wide: planes - 1,
  })
  return {
    kind: kind === 'pool' ? 'maxPool' : kind,
    weights: [],
    parameter: [loadTable(draft, block, sources, [], 2)],
    compute: [layerOf(random, machine, block, output, target), instruction],
  }
}

/** A bank operation with the fields that all have. */
function bankInstruction(
  random: SeededRandom,
  kind: BankKind,
  window: readonly [number, number],
  common: Omit<InstructionOf<'REPATCH'>, 'op' | 'wait' | 'signal' | 'fill'>,
): LegalInstruction {
  const fill = (): number => random.int(0, common.wide === 1 ? 255 : 15)
  switch (kind) {
    case 'pool': {
      const [windowHeight, windowWidth] = [random.int(1, window[0]), random.int(1, window[1])]
      const advance = random.int(0, 1) * random.int(0, windowWidth - 1)
      return make('POOL', { ...common, signed: random.int(0, 1), windowHeight, windowWidth, advance })
    }
    case 'move':
      return make('MOVE', { ...common, laneRows: random.int(-2, 2), laneColumns: random.int(-2, 2), fill: fill() })
    case 'repatch':
      return make('REPATCH', { ...common, fill: fill() })
    default:
      return unreachable(kind)
  }
}

function linearLayer(draft: ProgramDraft, block: number, kind: SumKind, output: OutputPatch): RandomLayer | undefined {
  const { random, machine, feature, logits, maps } = draft
  const groups = random.int(1, 2)
  const slots = (groups * machine.rows) / slotChannels(machine)
  const planes = random.int(1, 2)
  const planeStride = output.height * output.width + random.int(0, 1)
  const words = slots * planes * planeStride
  if (kind === 'logits' ? !logits.fits(groups * machine.rows) : !feature.fits(words)) return undefined
  const { columns, load } = randomSources(draft, block, output)
  const base = kind === 'logits' ? logits.allocate(groups * machine.rows) : feature.allocate(words)
  const patch = patchOf(kind === 'laneSum' ? { height: 1, width: 1 } : output)
  const target = { ...patch, base, planeStride, slots, planes, startBank: random.int(0, machine.banks - 1) }
  const step = kind === 'logits' ? machine.rows : (slots / groups) * planes * planeStride
  const weights: LegalInstruction[] = []
  const parameter: LegalInstruction[] = [load]
  const compute: LegalInstruction[] = [layerOf(random, machine, block, output, target)]
  for (let group = 0; group < groups; group++) {
    const own = rowGroup(draft, columns, kind, output, base + group * step, group === 0)
    if (own === undefined) return undefined
    weights.push(...own.weights)
    parameter.push(...own.parameter)
    compute.push(...own.compute)
  }
  if (kind !== 'logits') maps.push(target)
  const done = { kind: kind === 'logits' ? ('logits' as const) : ('linear' as const), weights, parameter, compute }
  return kind === 'logits' ? { ...done, logits: { first: base, count: groups * machine.rows } } : done
}

function layerOf(
  random: SeededRandom,
  machine: Machine,
  block: number,
  output: OutputPatch,
  target: FeatureMap,
): InstructionOf<'LAYER'> {
  const wide = target.planes - 1
  const signed = random.chance(0.5)
  const codes = 2 ** (wide === 1 ? 8 : 4)
  const [least, greatest] = signed ? [-codes / 2, codes / 2 - 1] : [0, codes - 1]
  const narrowed = random.chance(0.3) ? random.int(0, codes / 4) : 0
  return make('LAYER', {
    wait: semaphore.ready,
    block,
    ...{ patchHeight: output.height, patchWidth: output.width, planeStride: target.planeStride },
    ...{
      wide,
      startBank: target.startBank,
      zeroPoint: random.int(-20, 20),
      low: least + narrowed,
      high: greatest - narrowed,
    },
    validHeight: random.int(1, machine.gridHeight * output.height),
    validWidth: random.int(1, machine.gridWidth * output.width),
  })
}

const patchOf = ({ height, width }: OutputPatch) => ({ patchHeight: height, patchWidth: width })
