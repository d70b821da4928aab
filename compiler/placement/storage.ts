// Storage: in which cluster, bank and slot each channel of a map and each of its replicas lies.
import type { IntegerMap } from '../graph/integer.ts'
import { slotChannels, type Machine } from '../../isa/model/machine.ts'
import { bankOfChannel } from '../../isa/semantics/transfers.ts'
import { greatestCommonDivisor } from './patches.ts'
import type { Patch } from './patches.ts'

/** A map placed in the feature memory. */
export interface PlacedMap {
  readonly map: IntegerMap
  readonly patch: Patch
  /** words from a plane to the next: the patch's area, or more if the layer that writes the map runs over more positions */
  readonly planeStride: number
  /** 4-bit planes of a code: 1 or 2 */
  readonly planes: number
  /** slots (C·B storage channels each) that the map fills */
  readonly slots: number
  /** storage channel q holds channel q mod period; a period of at least C·B·slots means no replicas */
  readonly period: number
  readonly startBank: number
  /** feature memory address of slot 0, plane 0, position 0 */
  readonly base: number
}

/** Words that a map occupies in every bank. */
export const mapWords = (placed: Omit<PlacedMap, 'base'>): number => placed.slots * placed.planes * placed.planeStride

/** Pixels of a patch. */
export const areaOf = ({ height, width }: Patch): number => height * width

export const planesOf = (map: IntegerMap): number => map.format.bits / 4

/** Where one plane of one channel can be read. */
export interface Location {
  readonly cluster: number
  /** bit mask of the cluster's banks that hold it */
  readonly banks: number
}

/** All locations of plane `plane` of channel `channel`: one slot, one or more clusters, one or more banks in each. */
export function locate(
  placed: PlacedMap,
  channel: number,
  plane: number,
  machine: Machine,
): { readonly slot: number; readonly locations: readonly Location[] } {
  const perSlot = slotChannels(machine)
  const slot = Math.floor(channel / perSlot)
  const masks = new Map<number, number>()
  const end = placed.period >= placed.slots * perSlot ? channel + 1 : perSlot
  for (let q = channel; q < end; q += placed.period) {
    const { cluster, bank } = bankOfChannel(machine, q, plane, placed.startBank)
    masks.set(cluster, ((masks.get(cluster) ?? 0) | (1 << bank)) >>> 0)
  }
  return { slot, locations: [...masks].sort((a, b) => a[0] - b[0]).map(([cluster, banks]) => ({ cluster, banks })) }
}

/**
 * The period with which LOAD repeats a map of few channels: coprime to the clusters, so that the replicas of every channel reach
 * all of them.
 */
export function loadPeriod(channels: number, machine: Machine): number {
  const perSlot = slotChannels(machine)
  if (channels >= perSlot) return channels
  for (let period = channels; period * machine.clusters <= perSlot; period++)
    if (greatestCommonDivisor(period, machine.clusters) === 1) return period
  return channels
}
