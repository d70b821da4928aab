// Emission: scheduled layers become instructions, constants and descriptors.
import { addressUnitBytes } from '../../isa/instructions.ts'
import type { LayerRecord, Program, TensorDescriptor } from '../../isa/program.ts'
import { limitsOf, type Machine } from '../../isa/machine.ts'
import { demand } from '../capacity.ts'
import { instruction } from './build.ts'
import { Constants } from './constants.ts'
import { matrixLayers, region, type Draft, type Emission, type InputStyle, type Turn } from './emission.ts'
import { GapModel, NoGaps } from './gaps.ts'
import { checkLimits } from './limits.ts'
import { emitCopy } from './copy.ts'
import { emitMatrix } from './matrix.ts'
import { freeInput, lastReader, nextLoads } from './next-image.ts'
import { emitParameters } from './parameters.ts'
import { emitPool } from './pool.ts'
import { recordLayer } from './record.ts'
import { emitTable } from './tables.ts'
import { describeLogits, describeMap, mapBytes, tensorsOf } from './tensors.ts'
import { emitResident, placeWeights } from './weights.ts'

/**
 * Builds the program: of the ways in which the input may arrive, the first whose instructions the program memory holds.
 * @throws DlpError when a memory of the machine is too small for it
 */
export function emit(emission: Emission): Program {
  const { machine, name } = emission
  const styles: readonly InputStyle[] = limitsOf(machine).columnRanges
    ? ['columns', 'rows', 'whole']
    : ['rows', 'whole']
  const fits = ({ init, infer }: Draft): boolean => init.length + infer.length <= machine.instructionWords
  for (const style of styles) {
    const built = build(emission, style)
    if (fits(built.draft)) return programOf(built)
    if (style === 'whole') demandInstructions(built.draft, machine, name)
  }
  throw new Error('some way is the last')
}

/**
 * Refuses what no schedule can make fit: the instructions and constants that every program of a placed graph has.
 * @param emission with streams of the fewest beats that each row group can have; what the beats are is not asked
 * @throws DlpError as `emit` would, and as `checkLimits` would of the program
 */
export function checkOutline(emission: Emission): void {
  const { draft } = build(emission, 'whole', true)
  demandInstructions(draft, emission.machine, emission.name)
  checkLimits({ machine: emission.machine, instructions: [...draft.init, ...draft.infer] }, (address) => ({
    bytes: draft.constants.at(address)!,
    at: 0,
  }))
}

function demandInstructions({ init, infer, isOutline }: Draft, machine: Machine, name: string): void {
  demand('instructionWords', init.length + infer.length, machine, `model '${name}'`, isOutline)
}

interface Built {
  readonly draft: Draft
  readonly layers: readonly EmittedLayer[]
}

function build(emission: Emission, input: InputStyle, isOutline = false): Built {
  const { machine, name, images } = emission
  const constants = new Constants(machine, `model '${name}'`)
  const streams = matrixLayers(emission.layers).flatMap(({ groups }) => groups.map(({ stream }) => stream))
  const places = placeWeights(emission, streams, constants, isOutline)
  const draft: Draft = {
    emission,
    constants,
    streams,
    places,
    gaps: isOutline ? new NoGaps(machine) : new GapModel(machine),
    input,
    isOutline,
    init: [],
    infer: [],
    tables: new Map(),
  }
  emitResident(draft)
  emitParameters(draft)
  draft.init.push(instruction('HALT', {}))
  emitTable(draft, 0)
  const layers = Array.from({ length: images }, (_, image) => emitImage(draft, image)).flat()
  draft.infer.push(instruction('HALT', {}))
  return { draft, layers }
}

function programOf({ draft: { emission, init, infer, constants }, layers }: Built): Program {
  const { machine, name, weightsIn, images } = emission
  const base = init.length
  return {
    machine,
    name,
    instructions: [...init, ...infer],
    entry: { init: 0, infer: base },
    constants: constants.bytes(),
    inputs: tensorsOf(describeInput(emission), images),
    outputs: tensorsOf(describeOutput(emission), images),
    layers: layers.map(({ turn, first, end }): LayerRecord => ({
      ...recordLayer(emission, turn.layer, { first: base + first, end: base + end }),
      ...(images === 1 ? {} : { image: turn.image }),
    })),
    weightsIn,
    scratchBytes: 0,
  }
}

interface EmittedLayer {
  readonly turn: Turn
  readonly first: number
  readonly end: number
}

/**
 * Emits every layer of an image; the table of each is loaded while the one before it computes. So is the next image, a piece a layer,
 * from the last reader of this one's input on.
 */
function emitImage(draft: Draft, image: number): EmittedLayer[] {
  const { emission, infer } = draft
  const { layers } = emission
  const reader = lastReader(emission)
  const next = nextLoads(draft, image)
  let group = 0
  const emitted = layers.map((scheduled, layer): EmittedLayer => {
    const first = infer.length
    const turn: Turn = { image, layer, number: image * layers.length + layer }
    if ('groups' in scheduled) {
      emitMatrix(draft, scheduled, turn, group)
      group += scheduled.groups.length
    } else if (scheduled.layer.kind === 'maxPool') emitPool(draft, scheduled.layer, turn)
    else emitCopy(draft, scheduled.layer, turn)
    const end = infer.length
    freeInput(draft, turn, first)
    // The first layer loads the second one's table itself, behind its own first instructions.
    if (layer > 0) emitTable(draft, turn.number + 1)
    if (layer >= reader) infer.push(...next.splice(0, 1))
    return { turn, first, end }
  })
  infer.push(...next)
  emitStore(draft, image)
  return emitted
}

/** Stores an output that is a map. */
function emitStore({ emission, infer }: Draft, image: number): void {
  const { graph, maps, layers, machine } = emission
  if (layers.at(-1)!.layer.kind === 'logits') return
  const placed = maps.get(graph.output)!
  const { patch } = placed
  const fields = {
    region: region.output,
    address: (image * mapBytes(placed, machine)) / addressUnitBytes,
    base: placed.base,
    positions: patch.height * patch.width,
    planeStride: placed.planeStride,
    channels: placed.map.channels,
    wide: placed.planes - 1,
    startBank: placed.startBank,
  }
  infer.push(instruction('STORE', fields))
}

function describeOutput({ graph, maps, layers, machine }: Emission): TensorDescriptor {
  const last = layers.at(-1)!.layer
  if (last.kind === 'logits') return describeLogits(graph, last.scale)
  const placed = maps.get(graph.output)!
  return describeMap(placed.map, placed, 1, 'output', machine)
}

const describeInput = ({ original, graph, maps, factor, machine, preprocessing }: Emission): TensorDescriptor =>
  describeMap(original.input, maps.get(graph.input.name)!, factor, 'input', machine, preprocessing)
