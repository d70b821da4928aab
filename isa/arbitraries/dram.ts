// The DRAM transfers of a random program: maps loaded and stored, logits stored, maps stored to scratch and loaded again.

import type { InstructionOf } from '../instruction.ts'
import { addressUnitBytes, regions } from '../instructions.ts'
import { slotChannels } from '../model/machine.ts'
import type { TensorDescriptor } from '../program.ts'
import { transferBytes } from '../semantics/transfers.ts'
import type { FeatureMap, ProgramDraft } from './program-draft.ts'
import { make, RegionBuilder, semaphore } from './program-draft.ts'

export class Dram {
  readonly input = new RegionBuilder()
  readonly output = new RegionBuilder()
  readonly scratch = new RegionBuilder()
  readonly inputs: TensorDescriptor[] = []
  readonly outputs: TensorDescriptor[] = []
  readonly #logits: InstructionOf<'STOREL'>[] = []
  readonly #draft: ProgramDraft

  constructor(draft: ProgramDraft) {
    this.#draft = draft
  }

  /** A map from the input region, in one or two LOADs, the last of which signals; none where it does not fit. */
  loadInput(): InstructionOf<'LOAD'>[] {
    const { random, machine, feature, maps } = this.#draft
    const perSlot = slotChannels(machine)
    const channels = random.pick([random.int(1, perSlot), perSlot, 2 * perSlot])
    const [patchHeight, patchWidth, planes] = [random.int(1, 3), random.int(1, 3), random.int(1, 2)]
    const slots = Math.ceil(channels / perSlot)
    const positions = patchHeight * patchWidth
    const planeStride = positions + random.int(0, 1)
    if (!feature.fits(slots * planes * planeStride)) return []
    const startBank = random.int(0, machine.banks - 1)
    const base = feature.allocate(slots * planes * planeStride)
    const map: FeatureMap = { base, planeStride, patchHeight, patchWidth, slots, planes, startBank }
    maps.push(map)
    const offset = this.input.reserve(this.#bytesOf(map, channels))
    this.inputs.push(this.#descriptor(`input ${this.inputs.length}`, 'input', offset, map, channels))
    const whole = make('LOAD', { ...transferOf(map, 'input', offset, channels), signal: semaphore.loaded })
    const half = random.int(1, positions)
    const units = (this.#bytesOf(map, channels) * half) / positions / addressUnitBytes
    if (half === positions || !Number.isInteger(units)) return [whole]
    return [
      { ...whole, positions: half, signal: 0 },
      { ...whole, positions: positions - half, base: whole.base + half, address: whole.address + units },
    ]
  }

  /** A map stored to the scratch region and loaded elsewhere; undefined where it does not fit. */
  reload(): { readonly store: InstructionOf<'STORE'>; readonly load: InstructionOf<'LOAD'> } | undefined {
    const { random, machine, feature, maps } = this.#draft
    const map = random.pick(maps)
    const words = map.slots * map.planes * map.planeStride
    const channels = map.slots * slotChannels(machine)
    if (!feature.fits(words)) return undefined
    const offset = this.scratch.reserve(this.#bytesOf(map, channels))
    const reloaded = { ...map, base: feature.allocate(words), startBank: random.int(0, machine.banks - 1) }
    maps.push(reloaded)
    const { spilled, loaded } = semaphore
    return {
      store: make('STORE', { ...transferOf(map, 'scratch', offset, channels), signal: spilled }),
      load: make('LOAD', { ...transferOf(reloaded, 'scratch', offset, channels), wait: spilled, signal: loaded }),
    }
  }

  /** A map to a new range of the output region. */
  store(map: FeatureMap): InstructionOf<'STORE'> {
    const { random, machine } = this.#draft
    const channels = random.int(1, map.slots * slotChannels(machine))
    const offset = this.output.reserve(this.#bytesOf(map, channels))
    this.outputs.push(this.#descriptor(`output ${this.outputs.length}`, 'output', offset, map, channels))
    return make('STORE', transferOf(map, 'output', offset, channels))
  }

  /** Logits that will be stored at the end. */
  addLogits({ first, count }: { readonly first: number; readonly count: number }): void {
    const bytes = 4 * count
    const offset = this.output.reserve(bytes)
    this.outputs.push({
      ...{ name: `output ${this.outputs.length}`, region: 'output', offset, bytes, shape: [count], layout: 'logits' },
      ...{ bits: 32, signed: true, patch: [0, 0], spaceToDepth: 0, storedChannels: 0, scale: [1], zeroPoint: 0 },
    })
    const address = { region: regions.indexOf('output'), address: offset / addressUnitBytes }
    this.#logits.push(make('STOREL', { ...address, first, count, wait: semaphore.summed }))
  }

  /** The last map, some others, and all logits. */
  storeResults(): (InstructionOf<'STORE'> | InstructionOf<'STOREL'>)[] {
    const { random, maps } = this.#draft
    const stored = maps.filter((_, at) => at === maps.length - 1 || random.chance(0.3))
    return [...stored.map((map) => this.store(map)), ...this.#logits]
  }

  #bytesOf({ planes, patchHeight, patchWidth }: FeatureMap, channels: number): number {
    return transferBytes(this.#draft.machine, { channels, wide: planes - 1, positions: patchHeight * patchWidth })
  }

  #descriptor(
    name: string,
    region: 'input' | 'output',
    offset: number,
    map: FeatureMap,
    channels: number,
  ): TensorDescriptor {
    const { gridHeight, gridWidth } = this.#draft.machine
    const shape = [channels, gridHeight * map.patchHeight, gridWidth * map.patchWidth]
    const bytes = this.#bytesOf(map, channels)
    const patch = [map.patchHeight, map.patchWidth] as const
    return {
      ...{ name, region, offset, bytes, shape, layout: 'map', bits: 4 * map.planes, signed: false, patch },
      ...{ spaceToDepth: 1, storedChannels: channels, scale: [1], zeroPoint: 0 },
    }
  }
}

function transferOf(map: FeatureMap, region: (typeof regions)[number], offset: number, channels: number) {
  const { base, planeStride, startBank, planes, patchHeight, patchWidth } = map
  return {
    region: regions.indexOf(region),
    address: offset / addressUnitBytes,
    ...{ base, positions: patchHeight * patchWidth, planeStride, channels, wide: planes - 1, startBank },
  }
}
