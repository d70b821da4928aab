// Tables and LAYERs: the source side and the output side of each layer, handed over by semaphores.
import type { CopyLayer, MaxPoolLayer } from '../graph/integer.ts'
import type { PlacedMap } from '../layout/storage.ts'
import { sourceGeometry, type LayerColumns } from '../lower/columns.ts'
import { instruction } from './build.ts'
import { tableBlock } from './constants.ts'
import { copyWindow } from './copy-plan.ts'
import type { Draft, Emission, Turn } from './emission.ts'

/** Layers alternate between the two table blocks; a block is free when the layer before the last has read it. */
const blocks = 2

/** Layers of all images of the run. */
const turnsOf = ({ images, layers }: Emission): number => images * layers.length

/** Whether a layer must say that it has read its table: a later layer's table goes into the same block. */
export const freesTable = ({ emission }: Draft, { number }: Turn): boolean => number + blocks < turnsOf(emission)

/** Loads the table of the layer before which `number` others come, if there is such a layer. */
export function emitTable({ emission, constants, tables, infer }: Draft, number: number): void {
  if (number >= turnsOf(emission)) return
  const index = number % emission.layers.length
  const scheduled = emission.layers[index]!
  const table = 'groups' in scheduled ? scheduled.columns : bankSideTable(scheduled.layer, emission.maps)
  const address = tables.get(index) ?? constants.add(tableBlock(table, emission.machine))
  tables.set(index, address)
  const fields = { address, block: number % blocks, slots: table.slots.length, tapBits: table.tapBits }
  infer.push(instruction('LOADT', fields, { wait: number >= blocks ? ['tableFree'] : [], signal: ['table'] }))
}

/**
 * Sets the output side of a layer, once its table is there.
 * @param placed the map whose patch the positions run over
 * @param valid rows and columns of positions that count; absent: the whole map
 * @param written the map that is written, where it is another
 */
export function emitLayer(
  { infer }: Draft,
  { number }: Turn,
  placed: PlacedMap,
  numbers: { zeroPoint: number; low: number; high: number },
  [validHeight, validWidth]: readonly [number, number] = [placed.map.height, placed.map.width],
  written = placed,
): void {
  const { patch } = placed
  const { planes, startBank, planeStride } = written
  const fields = {
    block: number % blocks,
    patchHeight: patch.height,
    patchWidth: patch.width,
    planeStride,
    wide: planes - 1,
    startBank,
    validHeight,
    validWidth,
    ...numbers,
  }
  infer.push(instruction('LAYER', fields, { wait: ['table'] }))
}

/** Bits of a window's tap that name its column: windows are at most 8 wide. */
const windowColumnBits = 3

function bankSideTable(
  layer: MaxPoolLayer | CopyLayer,
  maps: ReadonlyMap<string, PlacedMap>,
): Pick<LayerColumns, 'geometries' | 'slots' | 'tapBits'> {
  const source = maps.get(layer.source)!
  const window = layer.kind === 'maxPool' ? layer : copyWindow(layer, source)
  return {
    geometries: [sourceGeometry(source, { ...window, dilation: [1, 1] }, windowColumnBits)],
    slots: [],
    tapBits: 0,
  }
}
