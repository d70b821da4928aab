// Columns: every (source, channel, tap, plane) that a layer reads, as slot entry, column id and locations in the feature memory.
import { defined } from '../../base/defined.ts'
import type { LinearSource, SparseWeights } from '../graph/integer.ts'
import { locate, type Location, type PlacedMap } from '../placement/storage.ts'
import { geometriesPerBlock, maxTapBits, slotsPerBlock, type Geometry, type Slot } from '../../isa/model/formats.ts'
import { entryOfKey, columnKeys, idOfKey, keyOfTap, pageOfKey } from '../../isa/model/column-keys.ts'
import { nibbleOf } from '../../isa/numerics.ts'
import { type Refusal, capacityRefusal } from '../refusal.ts'
import { limitsOf, type Machine } from '../../isa/model/machine.ts'
import { blockSide, coversOnce } from '../placement/windows.ts'

/** The source side of a layer: the table that LOADT loads, and its columns, every (source, channel, tap, plane) that a weight multiplies. */
export interface LayerColumns {
  readonly geometries: readonly Geometry[]
  readonly slots: readonly Slot[]
  readonly tapBits: number
  /** [sources][CSR columns] the number of the first plane's column, the other planes follow; −1 if no weight is there */
  readonly first: readonly Int32Array[]
  /** [sources] planes of a code */
  readonly planes: readonly number[]
  /** [columns] slot page of the layer's table, and the id within it */
  readonly page: Uint8Array
  readonly id: Uint8Array
  /** [columns] whether the nibble is signed: it reads −8..7, else 0..15 */
  readonly signed: Uint8Array
  /** [columns] the clusters and banks that hold it */
  readonly locations: readonly (readonly Location[])[]
}

const bitsFor = (count: number): number => Math.ceil(Math.log2(count))

/** The columns of a layer's sources; refuses more geometries or slot entries than a table block holds. */
export function layColumns(
  layer: string,
  sources: readonly LinearSource[],
  maps: ReadonlyMap<string, PlacedMap>,
  machine: Machine,
): LayerColumns | Refusal {
  const geometries = new Numbered<Geometry>()
  const blocks = sources.map((source) =>
    kernelBlocks(source, defined(maps.get(source.map))).map((block) => ({
      ...block,
      geometry: geometries.add(JSON.stringify(block.geometry), block.geometry),
    })),
  )
  const tapBits = Math.max(0, ...blocks.flat().map(({ rowBits, columnBits }) => rowBits + columnBits))
  const refusal = checkKernels(layer, sources, geometries.values.length, tapBits, machine)
  if (refusal !== undefined) return refusal
  const list = new ColumnList(tapBits, machine)
  const first = sources.map((source, at) => list.addSource(source, defined(maps.get(source.map)), blocks[at]!))
  const slots = list.slots.values
  if (slots.length > list.mostSlots)
    return list.mostSlots === slotsPerBlock
      ? tooMany(layer, `more than ${slotsPerBlock} slot entries`, `${slotsPerBlock} (one a source, slot and plane)`)
      : tooMany(layer, `slot entry ${list.mostSlots} with taps of ${tapBits} bits`, `${list.mostSlots} slot entries`)
  const isEmpty = slots.length === 0
  return {
    geometries: isEmpty ? [oneWord] : geometries.values,
    slots: isEmpty ? [{ base: 0, geometry: 0, signed: 0, fill: 0 }] : slots,
    tapBits: isEmpty ? 0 : tapBits,
    first,
    planes: sources.map((source) => defined(maps.get(source.map)).planes),
    page: Uint8Array.from(list.page),
    id: Uint8Array.from(list.id),
    signed: Uint8Array.from(list.signed),
    locations: list.locations,
  }
}

/** Refuses kernels that need too many geometries, taps or tap bits. */
function checkKernels(
  layer: string,
  sources: readonly LinearSource[],
  geometries: number,
  tapBits: number,
  machine: Machine,
): Refusal | undefined {
  const { geometries: most, taps } = limitsOf(machine)
  if (geometries > most)
    return tooMany(
      layer,
      `${geometries} source geometries`,
      `${most} (a kernel takes one for each ${blockSide}×${blockSide} block)`,
    )
  const tapExtent = Math.max(0, ...sources.flatMap(({ kernel }) => kernel.map((size) => Math.min(size, blockSide))))
  if (tapExtent > taps) return tooMany(layer, `${tapExtent} tap rows or columns`, `${taps}`)
  return tapBits > maxTapBits ? tooMany(layer, `taps of ${tapBits} bits`, `${maxTapBits} bits`) : undefined
}

/** Distinct values, numbered in the order in which they are added. */
class Numbered<T> {
  readonly values: T[] = []
  readonly #numbers = new Map<string | number, number>()

  /** The number of a value. @param key the same for equal values, and for no others */
  add(key: string | number, value: T): number {
    const known = this.#numbers.get(key)
    if (known !== undefined) return known
    const number = this.values.push(value) - 1
    this.#numbers.set(key, number)
    return number
  }
}

/** The columns of a layer under construction, and the slot entries that they use. */
class ColumnList {
  readonly slots = new Numbered<Slot>()
  /** slot entries that ids can address */
  readonly mostSlots: number
  readonly page: number[] = []
  readonly id: number[] = []
  readonly signed: number[] = []
  readonly locations: (readonly Location[])[] = []
  readonly #tapBits: number
  readonly #machine: Machine

  constructor(tapBits: number, machine: Machine) {
    this.#tapBits = tapBits
    this.#machine = machine
    this.mostSlots = Math.min(slotsPerBlock, entryOfKey(columnKeys, tapBits))
  }

  /**
   * Adds the columns of a source, in the order of its channels, so that neighbours in a slot stay neighbours.
   * @returns [CSR columns] the number of the first plane's column; −1 if no weight is there
   */
  addSource(source: LinearSource, placed: PlacedMap, blocks: readonly NumberedBlock[]): Int32Array {
    const taps = tapsOf(source, blocks)
    // The taps of a channel in one block differ in their id alone, so its slot entries and locations are found once.
    const entries: PlaneEntry[] = []
    const entryOf = (channel: number, plane: number, block: number): PlaneEntry =>
      (entries[(channel * placed.planes + plane) * blocks.length + block] ??= this.#addPlane(
        placed,
        channel,
        plane,
        blocks[block]!,
      ))
    const { page, id, signed, locations, mostSlots } = this
    const slots = this.slots.values
    const tapBits = this.#tapBits
    const used = usedColumns(source.weights)
    const numbers = new Int32Array(source.weights.columns).fill(-1)
    for (let column = 0; column < numbers.length; column++) {
      if (used[column] === 0) continue
      // With too many slot entries the layer is refused: there is no need to finish.
      if (slots.length > mostSlots) break
      numbers[column] = page.length
      const { block, low } = taps[column % taps.length]!
      const channel = Math.floor(column / taps.length)
      for (let plane = 0; plane < placed.planes; plane++) {
        const found = entryOf(channel, plane, block)
        const key = keyOfTap(found.entry, low, tapBits)
        page.push(pageOfKey(key))
        id.push(idOfKey(key))
        signed.push(found.signed)
        locations.push(found.locations)
      }
    }
    return numbers
  }

  #addPlane(placed: PlacedMap, channel: number, plane: number, block: NumberedBlock): PlaneEntry {
    const { slot, locations } = locate(placed, channel, plane, this.#machine)
    const signed = placed.map.format.signed && plane === placed.planes - 1 ? 1 : 0
    const base = placed.base + (slot * placed.planes + plane) * placed.planeStride + block.from
    const { geometry } = block
    const fill = nibbleOf(placed.map.zeroPoint, plane)
    const key = ((base * geometriesPerBlock + geometry) * 2 + signed) * 16 + fill
    return { entry: this.slots.add(key, { base, geometry, signed, fill }), signed, locations }
  }
}

const usedCache = new WeakMap<SparseWeights, Uint8Array>()

/** [columns] 1 if some row has a weight there; found once for all layouts that are tried. */
function usedColumns(weights: SparseWeights): Uint8Array {
  let used = usedCache.get(weights)
  if (used === undefined) {
    const { column } = weights
    used = new Uint8Array(weights.columns)
    for (let at = 0; at < column.length; at++) used[column[at]!] = 1
    usedCache.set(weights, used)
  }
  return used
}

/**
 * The geometry of a layer whose weights are all zero. A bank whose read no row uses reads slot entry 0, so there must be one, and it must not be
 * left over from the table of an earlier layer.
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

/** One plane of a channel, for the taps of one block. */
interface PlaneEntry {
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
  /** words from the plane's first to the one that the block's tap (0, 0) reads, if the geometry does not include them */
  readonly from: number
}

function kernelBlocks(source: LinearSource, placed: PlacedMap): Block[] {
  const blocks: Block[] = []
  const { kernel } = source
  const { patch } = placed
  // If a window fits its map once and lies in one lane, its blocks differ in their addresses alone and share a geometry.
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

/** The geometry of a window over a placed map. @param corner the kernel's tap that is the geometry's tap (0, 0) */
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
