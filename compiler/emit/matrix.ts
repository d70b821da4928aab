// Linear and logits layers: one COMPUTE a row group, or one a piece where the input still arrives.
import { sourcesOf, sumsPixels, type LinearLayer, type LogitsLayer } from '../graph/integer.ts'
import type { Patch } from '../layout/patches.ts'
import type { PlacedMap } from '../layout/storage.ts'
import { CapacityError, demand } from '../capacity.ts'
import type { LegalInstruction } from '../../isa/instruction.ts'
import { limitsOf, slotChannels, type Machine } from '../../isa/machine.ts'
import type { BeatStream } from '../../isa/weights/beats.ts'
import { logitsPositions } from '../lower/windows.ts'
import { instruction, link } from './build.ts'
import type { MatrixLayer } from '../schedule/layers.ts'
import { ColumnIndex, provenBound } from '../schedule/serves.ts'
import type { Draft, Emission, GroupPlace, InputStyle, Turn } from './emission.ts'
import type { Pass } from './gaps.ts'
import { inputPieces, type InputPiece } from './input.ts'
import { planStores, type Store } from './logits.ts'
import { orderPass } from './order.ts'
import { emitLayer, emitTable, freesTable } from './tables.ts'
import { describeLogits } from './tensors.ts'
import { emitStreamed } from './weights.ts'

/**
 * Emits a layer.
 * @param firstGroup number of its first row group among those of all layers of an image
 */
export function emitMatrix(draft: Draft, scheduled: MatrixLayer, turn: Turn, firstGroup: number): void {
  const { layer, columns, groups } = scheduled
  const { emission } = draft
  const { machine } = emission
  const sums = sumsPixels(layer)
  const { placed, valid, written } = walkOf(emission, layer)
  checkLogits(layer, machine)
  const pieces = turn.layer === 0 ? firstLayerPieces(emission, turn.image, scheduled, draft.input) : []
  const setLayer = (): void => emitLayer(draft, turn, placed, numbersOf(layer), valid, written)
  if (turn.layer > 0) setLayer()
  // A window that fits less often than the first lanes have rows leaves the others idle.
  const rows = Math.min(placed.patch.height, valid?.[0] ?? placed.patch.height)
  const positions = rows * placed.patch.width
  const stores = layer.kind === 'logits' ? storesOf(draft, turn, layer, groups.map(({ stream }) => stream.beats * positions)) : [] // prettier-ignore
  const proof = proofOf(scheduled, machine)
  const firstPlace = turn.image * (draft.places.length / emission.images) + firstGroup
  groups.forEach((_, group) => {
    const stream = draft.streams[firstGroup + group]!
    const place = draft.places[firstPlace + group]!
    demand('computeBeats', place.beats, machine, `layer '${layer.name}'`, draft.isOutline)
    emitStreamed(draft, place)
    const output = written === undefined ? undefined : groupOutput(written, group, machine, sums)
    const pass: Pass = { layer: layer.name, stream, ...columns, patch: placed.patch, rows, output }
    const fields: GroupFields = {
      beat: place.beat,
      beats: place.beats,
      group: firstGroup + group,
      output: output?.base ?? group * machine.rows,
      laneSum: sums ? 1 : 0,
      logits: output === undefined ? 1 : 0,
    }
    const start = draft.infer.length
    if (turn.layer === 0 && group === 0) emitPieces(draft, turn, pass, fields, pieces, groups.length > 1, setLayer)
    else emitWhole(draft, turn, pass, fields, (other) => proof(other, group))
    const store = stores.find(({ after }) => after === group)
    linkGroup(draft, start, place, store !== undefined, group === groups.length - 1 ? turn : undefined)
    if (layer.kind === 'logits' && turn.image > 0 && group === 0)
      draft.infer[start] = link(draft.infer[start]!, { wait: ['logitsFree'] })
    if (store !== undefined) draft.infer.push(store.instruction)
  })
}

/** Whether a stream computes a row group of the layer; columns are looked up only where that is asked. */
function proofOf({ layer, columns }: MatrixLayer, machine: Machine): (stream: BeatStream, group: number) => boolean {
  let index: ColumnIndex | undefined
  return (stream, group) => {
    index ??= new ColumnIndex(columns, machine)
    return provenBound(stream, sourcesOf(layer), columns, index, group * machine.rows, machine) !== undefined
  }
}

/** The STORELs of an image's logits; the last one says that the next image may write its own. */
function storesOf(
  { emission, input }: Draft,
  { image }: Turn,
  layer: LogitsLayer,
  groupCycles: readonly number[],
): Store[] {
  const { bytes } = describeLogits(emission.graph, layer.scale)
  const stores = planStores(emission.machine, layer, groupCycles, image * bytes, input !== 'whole')
  if (image + 1 === emission.images) return stores
  return stores.map((store, at) =>
    at + 1 < stores.length ? store : { ...store, instruction: link(store.instruction, { signal: ['logitsFree'] }) },
  )
}

/** The map over whose patch a layer's positions run, the rows and columns of it that count (absent: all), and the map that is written. */
export function walkOf(
  { maps }: Emission,
  layer: LinearLayer | LogitsLayer,
): { readonly placed: PlacedMap; readonly valid?: readonly [number, number]; readonly written?: PlacedMap } {
  const [source] = sourcesOf(layer)
  const written = layer.kind === 'linear' ? maps.get(layer.output.name)! : undefined
  const read = maps.get(source!.map)!
  const valid = sumsPixels(layer) ? logitsPositions(source!, read.map) : undefined
  return { placed: valid === undefined ? written! : { ...read, patch: walkedPatch(read.patch, valid) }, valid, written }
}

/** Positions that count and lie in one lane are all that is walked over. */
const walkedPatch = (patch: Patch, [height, width]: readonly [number, number]): Patch =>
  height <= patch.height && width <= patch.width ? { height, width } : patch

/** The fields of a COMPUTE that do not depend on its positions. */
interface GroupFields {
  readonly beat: number
  readonly beats: number
  readonly group: number
  readonly output: number
  readonly laneSum: number
  readonly logits: number
}

/**
 * All positions, beginning with the row that has to wait least for the pass before; some of the rows only from the first on. The first
 * image decides on the order of the beats.
 */
function emitWhole(
  { infer, gaps, streams, emission: { machine, cache } }: Draft,
  { image }: Turn,
  given: Pass,
  fields: GroupFields,
  isSame: (stream: BeatStream) => boolean,
): void {
  const rows = given.rows < given.patch.height ? [0] : Array.from({ length: given.rows }, (_, row) => row)
  let pass = given
  let start = gaps.choose(given, rows)
  if (start.gap > 0 && image === 0) {
    pass = orderPass(given, rows, gaps, machine, cache === undefined ? undefined : { cache, isSame })
    start = gaps.choose(pass, rows)
    streams[fields.group] = pass.stream
  }
  infer.push(instruction('COMPUTE', { ...fields, ...gaps.begin(pass, start), rows: pass.rows }))
}

/**
 * The pieces of an image's input and what can be computed after each. Where it is not the run's first image its input comes early: whole rows.
 * @param style of the first image's
 */
export function firstLayerPieces(
  emission: Emission,
  image: number,
  { layer, groups }: MatrixLayer,
  style: InputStyle,
): InputPiece[] {
  const { placed } = walkOf(emission, layer)
  const own = style === 'columns' && image > 0 ? 'rows' : style
  return inputPieces(emission, image, layer, placed, groups[0]!.stream.beats, own)
}

/**
 * A COMPUTE a piece; loading stays one piece ahead of computing, or a whole image where it is not the first.
 * @param isFollowed whether COMPUTEs over all columns come before the next LAYER
 */
function emitPieces(
  draft: Draft,
  turn: Turn,
  pass: Pass,
  fields: GroupFields,
  pieces: readonly InputPiece[],
  isFollowed: boolean,
  setLayer: () => void,
): void {
  const { infer, gaps } = draft
  const { width } = pass.patch
  const loads = (number: number): readonly LegalInstruction[] => (turn.image === 0 ? (pieces[number]?.loads ?? []) : [])
  const allColumns = { firstColumn: 0, columns: width }
  let inForce = allColumns
  const setColumns = ({ firstColumn, columns }: typeof allColumns): void => {
    if (firstColumn === inForce.firstColumn && columns === inForce.columns) return
    inForce = { firstColumn, columns }
    infer.push(instruction('COLUMNS', inForce))
  }
  infer.push(...loads(0))
  pieces.forEach(({ compute }, number) => {
    infer.push(...loads(number + 1))
    if (number === 0) setLayer()
    setColumns(compute)
    const { firstRow, rows } = compute
    const choice = gaps.place({ ...pass, rows, columns: inForce }, [firstRow])
    infer.push(instruction('COMPUTE', { ...fields, ...choice, rows }, { wait: ['input'] }))
    if (number === 0) emitTable(draft, turn.number + 1)
  })
  if (isFollowed) setColumns(allColumns)
}

/**
 * Adds the group's semaphores to its first and last COMPUTE, which begin at instruction `start`.
 * @param stored whether a STOREL waits for this group
 * @param finished the layer's turn where this is its last group
 */
function linkGroup(draft: Draft, start: number, place: GroupPlace, stored: boolean, finished: Turn | undefined): void {
  const { infer, emission } = draft
  const computes = infer.flatMap((each, at) => (at >= start && each.op === 'COMPUTE' ? [at] : []))
  const add = (at: number, links: Parameters<typeof link>[1]): void => {
    infer[at] = link(infer[at]!, links)
  }
  const last = computes[computes.length - 1]!
  if (emission.weightsIn === 'streamed') add(computes[0]!, { wait: ['weights'] })
  if (place.frees) add(last, { signal: ['weightsFree'] })
  if (stored) add(last, { signal: ['logits'] })
  if (finished !== undefined && freesTable(draft, finished)) add(last, { signal: ['tableFree'] })
}

const numbersOf = (layer: LinearLayer | LogitsLayer): { zeroPoint: number; low: number; high: number } =>
  layer.kind === 'linear'
    ? { zeroPoint: layer.output.zeroPoint, low: layer.low, high: layer.high }
    : { zeroPoint: 0, low: 0, high: 0 }

/** Where a row group writes: its first slot. */
function groupOutput(
  { base, planes, planeStride, startBank }: PlacedMap,
  group: number,
  machine: Machine,
  laneSum: boolean,
): NonNullable<Pass['output']> {
  const slot = (group * machine.rows) / slotChannels(machine)
  return { base: base + slot * planes * planeStride, planes, planeStride, startBank, laneSum }
}

function checkLogits(layer: LinearLayer | LogitsLayer, machine: Machine): void {
  if (layer.kind !== 'logits') return
  const where = `layer '${layer.name}'`
  if (!limitsOf(machine).laneSums)
    throw new CapacityError('limits', 1, {
      what: 'it makes logits',
      where,
      allowed: `maps: machine '${machine.name}' has no lane sums`,
      help: 'end the network in a convolution',
    })
  demand('logits', layer.bias.length, machine, where)
}
