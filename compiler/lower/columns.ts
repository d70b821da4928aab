// Columns: every (source, channel, tap, plane) that a layer reads, as slot entry, column id and places in the feature memory.
import { defined } from '../../base/defined.ts'
import type { LinearSource, SparseWeights } from '../graph/integer.ts'
import { locate, type Location, type PlacedMap } from '../placement/storage.ts'
import { geometriesPerBlock, maxTapBits, slotsPerBlock, type Geometry, type Slot } from '../../isa/model/formats.ts'
import { entryOfKey, columnKeys, idOfKey, keyOfTap, pageOfKey } from '../../isa/model/column-keys.ts'
import { nibbleOf } from '../../isa/numerics.ts'
import { type Refusal, capacityRefusal } from '../refusal.ts'
import { limitsOf, type Machine } from '../../isa/model/machine.ts'
import { blockSide, coversOnce } from '../placement/windows.ts'

/** The source side of a layer: what LOADT loads, and its columns: every (source, channel, tap, plane) that a weight multiplies. */
export interface LayerColumns {
  readonly geometries: readonly Geometry[]
  readonly slots: readonly Slot[]
  readonly tapBits: number
  /** [sources][CSR columns] the first plane's column, the others follow; −1 where no weight is */
  readonly first: readonly Int32Array[]
  /** [sources] planes of a code */
  readonly planes: readonly number[]
  /** [columns] slot page of the layer's table, and the id within it */
  readonly page: Uint8Array
  readonly id: Uint8Array
  /** [columns] whether the nibble is signed: it reads −8..7, else 0..15 */
  readonly signed: Uint8Array
  /** [columns] where it can be read */
  readonly locations: readonly (readonly Location[])[]
}

const bitsFor = (count: number): number => Math.ceil(Math.log2(count))

/** Lays out the columns of a layer's sources; refuses more geometries or slot entries than a table block holds. */
export function layColumns(
  layer: string,
  sources: readonly LinearSource[],
  maps: ReadonlyMap<string, PlacedMap>,
  machine: Machine,
): LayerColumns | Refusal {
  const geometries: Geometry[] = []
  const geometryIndex = new Map<string, number>()
  const addGeometry = (geometry: Geometry): number => {
    const key = JSON.stringify(geometry)
    const known = geometryIndex.get(key)
    if (known !== undefined) return known
    const index = geometries.push(geometry) - 1
    geometryIndex.set(key, index)
    return index
  }
  const blocks = sources.map((source) =>
    kernelBlocks(source, defined(maps.get(source.map))).map((block) => ({
      ...block,
      geometry: addGeometry(block.geometry),
    })),
  )
  const { geometries: most, taps } = limitsOf(machine)
  if (geometries.length > most)
    return tooMany(
      layer,
      `${geometries.length} source geometries`,
      `${most} (a kernel takes one for each ${blockSide}×${blockSide} block)`,
    )
  const tapExtent = Math.max(0, ...sources.flatMap(({ kernel }) => kernel.map((size) => Math.min(size, blockSide))))
  if (tapExtent > taps) return tooMany(layer, `${tapExtent} tap rows or columns`, `${taps}`)
  const tapBits = Math.max(
    0,
    ...geometries.map((_, g) =>
      Math.max(
        ...blocks
          .flat()
          .filter((block) => block.geometry === g)
          .map((block) => block.rowBits + block.columnBits),
      ),
    ),
  )
  if (tapBits > maxTapBits) return tooMany(layer, `taps of ${tapBits} bits`, `${maxTapBits} bits`)

  const slots: Slot[] = []
  const slotIndex = new Map<number, number>()
  const addSlot = (slot: Slot): number => {
    const key = ((slot.base * geometriesPerBlock + slot.geometry) * 2 + slot.signed) * 16 + slot.fill
    const known = slotIndex.get(key)
    if (known !== undefined) return known
    const index = slots.push(slot) - 1
    slotIndex.set(key, index)
    return index
  }
  const mostSlots = Math.min(slotsPerBlock, entryOfKey(columnKeys, tapBits))
  const page: number[] = []
  const id: number[] = []
  const signs: number[] = []
  const places: (readonly Location[])[] = []

  /** A source's columns under their numbers; −1 where no weight is. */
  const addSource = (source: LinearSource, index: number): Int32Array => {
    const placed = defined(maps.get(source.map))
    const own = blocks[index]!
    const tapPlaces = tapsOf(source, own)
    // The taps of a channel in one block differ by their tap alone: its places and slot entries are found once.
    const found: Place[] = []
    const placeOf = (channel: number, plane: number, block: number): Place =>
      (found[(channel * placed.planes + plane) * own.length + block] ??= addPlace(placed, channel, plane, own[block]!))
    const used = usedColumns(source.weights)
    const numbers = new Int32Array(source.weights.columns).fill(-1)
    for (let column = 0; column < numbers.length; column++) {
      if (used[column] === 0) continue
      // What is refused need not be finished.
      if (slots.length > mostSlots) break
      numbers[column] = page.length
      const { block, low } = tapPlaces[column % tapPlaces.length]!
      const channel = Math.floor(column / tapPlaces.length)
      for (let plane = 0; plane < placed.planes; plane++) {
        const { entry, signed, locations } = placeOf(channel, plane, block)
        const key = keyOfTap(entry, low, tapBits)
        page.push(pageOfKey(key))
        id.push(idOfKey(key))
        signs.push(signed)
        places.push(locations)
      }
    }
    return numbers
  }
  const addPlace = (placed: PlacedMap, channel: number, plane: number, block: NumberedBlock): Place => {
    const { slot, locations } = locate(placed, channel, plane, machine)
    const signed = placed.map.format.signed && plane === placed.planes - 1 ? 1 : 0
    const entry = addSlot({
      base: placed.base + (slot * placed.planes + plane) * placed.planeStride + block.from,
      geometry: block.geometry,
      signed,
      fill: nibbleOf(placed.map.zeroPoint, plane),
    })
    return { entry, signed, locations }
  }
  // Columns are numbered in the order of sources and channels, so that neighbours in a slot stay neighbours.
  const first = sources.map(addSource)
  if (slots.length > mostSlots)
    return mostSlots === slotsPerBlock
      ? tooMany(layer, `more than ${slotsPerBlock} slot entries`, `${slotsPerBlock} (one a source, slot and plane)`)
      : tooMany(layer, `slot entry ${mostSlots} with taps of ${tapBits} bits`, `${mostSlots} slot entries`)
  const planes = sources.map((source) => defined(maps.get(source.map)).planes)
  const isEmpty = slots.length === 0
  return {
    geometries: isEmpty ? [oneWord] : geometries,
    slots: isEmpty ? [{ base: 0, geometry: 0, signed: 0, fill: 0 }] : slots,
    tapBits: isEmpty ? 0 : tapBits,
    first,
    planes,
    page: Uint8Array.from(page),
    id: Uint8Array.from(id),
    signed: Uint8Array.from(signs),
    locations: places,
  }
}

const known = new WeakMap<SparseWeights, Uint8Array>()

/** [columns] 1 where some row has a weight; found once for all layouts that are tried. */
function usedColumns(weights: SparseWeights): Uint8Array {
  let used = known.get(weights)
  if (used === undefined) {
    const { column } = weights
    used = new Uint8Array(weights.columns)
    for (let at = 0; at < column.length; at++) used[column[at]!] = 1
    known.set(weights, used)
  }
  return used
}

/**
 * What the banks read in a layer whose weights are all zero: slot entry 0 is read wherever no row needs anything, so that there must be
 * one, and it must not be what the table of an earlier layer left there.
 */
const oneWord: Geometry = {
  pitch: 1,
  height: 1,
  strideY: 0,
  strideX: 0,
  offsetY: 0,
  offsetX: 0,
  dilationY: 0,
  dilationX: 0,
  columnBits: 0,
  validHeight: 1,
  validWidth: 1,
  planeStride: 1,
}

/** A block whose geometry is one of the layer's. */
type NumberedBlock = Omit<Block, 'geometry'> & { readonly geometry: number }

/** Where one plane of a channel is read, for the taps of one block. */
interface Place {
  readonly entry: number
  readonly signed: 0 | 1
  readonly locations: readonly Location[]
}

/** [taps] the block of each tap, and the low bits of its id. */
function tapsOf(
  { kernel: [height, width] }: LinearSource,
  blocks: readonly NumberedBlock[],
): { readonly block: number; readonly low: number }[] {
  return Array.from({ length: height * width }, (_, tap) => {
    const [ky, kx] = [Math.floor(tap / width), tap % width]
    const block = blocks.findIndex(
      ({ top, left }) => ky >= top && ky < top + blockSide && kx >= left && kx < left + blockSide,
    )
    const { top, left, columnBits } = blocks[block]!
    return { block, low: ((ky - top) << columnBits) | (kx - left) }
  })
}

interface Block {
  readonly top: number
  readonly left: number
  readonly rowBits: number
  readonly columnBits: number
  readonly geometry: Geometry
  /** words from the plane's first to the one that the block's tap (0, 0) reads, where the geometry does not say so */
  readonly from: number
}

function kernelBlocks(source: LinearSource, placed: PlacedMap): Block[] {
  const blocks: Block[] = []
  const { kernel } = source
  const { patch } = placed
  // A window that fits its map once, and one lane: blocks differ by their addresses alone and share a geometry.
  const isOneLane = coversOnce(source, placed.map) && patch.height >= kernel[0] && patch.width >= kernel[1]
  for (let top = 0; top < kernel[0]; top += blockSide) {
    for (let left = 0; left < kernel[1]; left += blockSide) {
      const columnBits = bitsFor(Math.min(blockSide, isOneLane ? kernel[1] : kernel[1] - left))
      const rowBits = bitsFor(Math.min(blockSide, isOneLane ? kernel[0] : kernel[0] - top))
      const geometry = sourceGeometry(placed, source, columnBits, isOneLane ? [0, 0] : [top, left])
      blocks.push({ top, left, rowBits, columnBits, geometry, from: isOneLane ? top * patch.width + left : 0 })
    }
  }
  return blocks
}

/** The geometry of a window over a placed map; `corner` is the kernel's tap that its tap (0, 0) reads. */
export function sourceGeometry(
  placed: Pick<PlacedMap, 'patch' | 'planeStride'> & {
    readonly map: { readonly height: number; readonly width: number }
  },
  window: Pick<LinearSource, 'stride' | 'pads' | 'dilation'>,
  columnBits: number,
  corner: readonly [number, number] = [0, 0],
): Geometry {
  return {
    pitch: placed.patch.width,
    height: placed.patch.height,
    strideY: window.stride[0],
    strideX: window.stride[1],
    offsetY: corner[0] * window.dilation[0] - window.pads[0],
    offsetX: corner[1] * window.dilation[1] - window.pads[1],
    dilationY: window.dilation[0],
    dilationX: window.dilation[1],
    columnBits,
    validHeight: placed.map.height,
    validWidth: placed.map.width,
    planeStride: placed.planeStride,
  }
}

const tooMany = (layer: string, what: string, allowed: string): Refusal =>
  capacityRefusal('table', 0, { what: `it needs ${what}`, where: `layer '${layer}'`, allowed })
