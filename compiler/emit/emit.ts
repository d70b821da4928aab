// Emission: scheduled layers become instructions, constants and descriptors.
import { DlpError } from '../../isa/error.ts'
import { slotChannels } from '../../isa/machine.ts'
import type { LayerRecord, Program, TensorDescriptor } from '../../isa/program.ts'
import { instruction } from './build.ts'
import { Constants } from './constants.ts'
import { region, type Draft, type Emission } from './emission.ts'
import { GapModel } from './gaps.ts'
import { emitCopy } from './copy.ts'
import { emitMatrix } from './matrix.ts'
import { emitParameters } from './parameters.ts'
import { emitPool } from './pool.ts'
import { recordLayer } from './record.ts'
import { emitTable } from './tables.ts'
import { describeLogits, describeMap } from './tensors.ts'
import { emitResident, placeWeights } from './weights.ts'

/**
 * Builds the program.
 * @throws DlpError when a memory of the machine is too small for it
 */
export function emit(emission: Emission): Program {
  const { machine, name, weightsIn } = emission
  const constants = new Constants()
  const places = placeWeights(emission, constants)
  const draft: Draft = { emission, constants, places, gaps: new GapModel(machine), init: [], infer: [] }
  emitResident(draft)
  emitParameters(draft)
  draft.init.push(instruction('HALT', {}))
  const ranges = emitLayers(draft)
  const output = emitOutput(draft)
  draft.infer.push(instruction('HALT', {}))
  const base = draft.init.length
  return {
    machine,
    name,
    instructions: checkLength([...draft.init, ...draft.infer], emission),
    entry: { init: 0, infer: base },
    constants: constants.bytes(),
    inputs: [describeInput(emission)],
    outputs: [output],
    layers: ranges.map(({ first, end }, index): LayerRecord =>
      recordLayer(emission, index, { first: base + first, end: base + end }),
    ),
    weightsIn,
    scratchBytes: 0,
  }
}

/** Emits every layer; the table of each is loaded while the one before it computes. */
function emitLayers(draft: Draft): { first: number; end: number }[] {
  const { layers } = draft.emission
  let group = 0
  emitTable(draft, 0)
  return layers.map((scheduled, index) => {
    const first = draft.infer.length
    if ('groups' in scheduled) {
      emitMatrix(draft, scheduled, index, group)
      group += scheduled.groups.length
    } else if (scheduled.layer.kind === 'maxPool') emitPool(draft, scheduled.layer, index)
    else emitCopy(draft, scheduled.layer, index)
    const end = draft.infer.length
    // The first layer loads the second one's table itself, behind its own first instructions.
    if (index > 0) emitTable(draft, index + 1)
    return { first, end }
  })
}

function emitOutput({ emission, infer }: Draft): TensorDescriptor {
  const { graph, maps, layers, machine } = emission
  const last = layers[layers.length - 1]!.layer
  if (last.kind === 'logits') return describeLogits(graph, last.scale)
  const placed = maps.get(graph.output)!
  const { patch } = placed
  const fields = {
    region: region.output,
    base: placed.base,
    positions: patch.height * patch.width,
    planeStride: placed.planeStride,
    channels: placed.map.channels,
    wide: placed.planes - 1,
    startBank: placed.startBank,
  }
  infer.push(instruction('STORE', fields))
  return describeMap(placed.map, { ...placed, period: placed.slots * slotChannels(machine) }, 1, 'output', machine)
}

const describeInput = ({ original, graph, maps, factor, machine, preprocessing }: Emission): TensorDescriptor =>
  describeMap(original.input, maps.get(graph.input.name)!, factor, 'input', machine, preprocessing)

function checkLength(instructions: Program['instructions'], { machine, name }: Emission): Program['instructions'] {
  if (instructions.length <= machine.instructionWords) return instructions
  throw new DlpError({
    what: `${instructions.length} instructions`,
    where: `model '${name}'`,
    allowed: `instructionWords = ${machine.instructionWords}`,
    help: 'use a machine with more instructionWords',
  })
}
