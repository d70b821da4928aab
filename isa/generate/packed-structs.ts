// The packed structs of the RTL whose widths follow from the instruction table, the data formats and the machine.
// They are generated, and in the machine's package, because of Yosys 0.23: there a package cannot refer to a constant or a type of another
// package. rtl/README.md lists such limits.

import type { Field, Fields } from '../../base/bits.ts'
import { commonFields, instructionBits, instructions, opcodeBits } from '../instructions.ts'
import * as formats from '../model/formats.ts'
import { limitsOf } from '../model/machine.ts'
import type { Machine } from '../model/machine.ts'
import { selectBits } from '../model/sizes.ts'
import { statusBits } from '../status.ts'
import { fieldName } from './names.ts'

/** A member: its bits, or the struct that it is; its meaning where the name does not say it. */
type Member = readonly [name: string, type: number | Vector | string, meaning?: string]
/** A vector also if it has one bit, so that it can be indexed. */
type Vector = readonly [bits: number]

interface PackedStruct {
  /** one sentence */
  readonly summary: string
  /** `<name>_t`; members from the highest bit downward */
  readonly name: string
  readonly members: readonly Member[]
}

/** Sizes of the ports through which constants, maps and logits reach the memories. */
export interface PortSizes {
  /** bits of an instruction's index in the program */
  readonly indexBits: number
  readonly featureAddressBits: number
  readonly beatAddressBits: number
  readonly parameterWordRows: number
  readonly parameterAddressBits: number
  readonly geometriesPerLoad: number
  readonly slotsPerLoad: number
}

const { LOADW, LOADT, LAYER, COMPUTE, POOL, MOVE } = instructions
const geometry: Fields = formats.geometryFields
const signalBits = commonFields.signal.bits
const bitsToCount = (count: number): number => Math.max(1, Math.ceil(Math.log2(count)))
const bits = (fields: Fields, name: string): number => fields[name]!.bits

/** Word addresses within a map: 16 bits of base, and what slots and planes add; they may be outside the banks. */
export const mapAddressBits = 24

/** The structs of a machine, each after those that it contains. */
export function packedStructs(machine: Machine, ports: PortSizes): string[] {
  return structs(machine, ports).flatMap(({ summary, name, members }) => [
    `// ${summary}`,
    'typedef struct packed {',
    ...members.map(([member, type, meaning]) => {
      const kind = typeof type === 'string' ? type : type === 1 ? 'logic' : `logic [${Number(type) - 1}:0]`
      return `  ${kind} ${member};${meaning === undefined ? '' : `  // ${meaning}`}`
    }),
    `} ${name}_t;`,
  ])
}

function structs(machine: Machine, ports: PortSizes): PackedStruct[] {
  const index: Member = ['index', ports.indexBits, 'of the instruction in the program']
  const row: Member = ['row', LAYER.fields.patchHeight.bits]
  const column: Member = ['column', LAYER.fields.patchWidth.bits]
  const { geometries, taps } = limitsOf(machine)
  const words = machine.clusters * machine.banks
  const wordBits = machine.gridHeight * machine.gridWidth * 4
  const parameterBits = Object.values<Field>(formats.parameterFields).reduce((sum, field) => sum + field.bits, 0)
  const clusterBeat = beat(machine)
  const clusterBeatBits = clusterBeat.members.reduce((sum, [, type]) => sum + Number(type), 0)
  return [
    {
      summary: 'A dispatched instruction.',
      name: 'instruction',
      members: [['word', instructionBits], index],
    },
    {
      summary: 'An instruction that retires in this cycle.',
      name: 'retirement',
      members: [['valid', 1], ['signal', signalBits, 'semaphores to increment'], index],
    },
    {
      summary: 'An error that a unit reports in this cycle.',
      name: 'unit_error',
      members: [['valid', 1], ['code', statusBits, 'dlp_isa_pkg::status_e'], index],
    },
    {
      summary:
        'A LOADW, LOADP or LOADT whose addresses are sent, as its data path needs it; an item is a beat, a row group or a table block.',
      name: 'parameter_transfer',
      members: [
        ['opcode', opcodeBits],
        ['items', LOADW.fields.beats.bits],
        ['item_beats', LOADW.fields.beats.bits, 'data beats of an item'],
        ['address', LOADW.fields.beat.bits, 'first word written of weight or parameter memory'],
        ['block', 1],
        ['slots', LOADT.fields.slots.bits],
        ['tap_bits', LOADT.fields.tapBits.bits],
        index,
      ],
    },
    {
      summary: 'LOAD to the feature memory: a word of each bank, bank 0 of cluster 0 lowest.',
      name: 'feature_load',
      members: [
        ['valid', [words]],
        ['addresses', words * ports.featureAddressBits],
        ['words', words * wordBits],
      ],
    },
    {
      summary: 'LOADW to the weight memory: a beat of all clusters, cluster 0 lowest.',
      name: 'weight_load',
      members: [
        ['valid', 1],
        ['address', ports.beatAddressBits],
        ['beats', machine.clusters * clusterBeatBits],
      ],
    },
    {
      summary:
        'LOADP to the parameter memory: rows of one word, each as in dlp_isa_pkg::parameter_t without its reserved bits.',
      name: 'parameter_load',
      members: [
        ['valid', [ports.parameterWordRows], 'per row'],
        ['address', ports.parameterAddressBits],
        ['rows', ports.parameterWordRows * parameterBits],
      ],
    },
    {
      summary:
        'LOADT to a table block: geometries and slots from an index upward, a multiple of how many a data beat holds.',
      name: 'table_load',
      members: [
        ['block', 1],
        ['tap_bits_valid', 1],
        ['tap_bits', LOADT.fields.tapBits.bits],
        ['geometry_valid', [ports.geometriesPerLoad]],
        ['geometry_index', bitsToCount(formats.geometriesPerBlock)],
        ['geometries', ports.geometriesPerLoad * formats.geometryBits],
        ['slot_valid', [ports.slotsPerLoad]],
        ['slot_index', bitsToCount(formats.slotsPerBlock)],
        ['slots', ports.slotsPerLoad * formats.slotBits],
      ],
    },
    clusterBeat,
    {
      summary: 'What every tap reads at a position: per geometry and tap row or tap column, geometry 0 lowest.',
      name: 'tap_offsets',
      members: [
        ['column_bits', 2 * geometries * bits(geometry, 'columnBits'), 'of each geometry of both blocks: registers'],
        ['row_offsets', geometries * taps * 16, 'words'],
        [
          'row_shifts',
          geometries * taps * 2,
          'bit 0: from the lane before, bit 1: from the lane after; both: out of range',
        ],
        ['row_masks', geometries * taps * machine.gridHeight, 'lanes that receive a pixel of the map'],
        ['column_offsets', geometries * taps * 8],
        ['column_shifts', geometries * taps * 2],
        ['column_masks', geometries * taps * machine.gridWidth],
      ],
    },
    {
      summary:
        'An access of a bank operation or of STORE to all banks at once; addresses of the lower and the upper half of the banks of each cluster.',
      name: 'bank_access',
      members: [
        ['read', 1],
        ['recirculate', 1, 'MOVE: no read, the words of before pass the torus once more'],
        ['addresses', 2 * ports.featureAddressBits],
        ['row_shift', 2, 'as in dlp_torus.sv'],
        ['row_mask', [machine.gridHeight]],
        ['column_shift', 2],
        ['column_mask', [machine.gridWidth]],
        ['fills', 2 * formats.weightBits],
        ['broadcast', 1, 'REPATCH: the nibble of one lane is the fill of all lanes'],
        ['broadcast_row', 4],
        ['broadcast_column', 4],
      ],
    },
    {
      summary: 'A write of a bank operation: of the lower and the upper half of the banks of each cluster.',
      name: 'bank_write',
      members: [
        ['valid', 2],
        ['addresses', 2 * ports.featureAddressBits],
        ['words', words * wordBits, 'of each bank, bank 0 of cluster 0 lowest'],
      ],
    },
    {
      summary: 'The LAYER in force.',
      name: 'active_layer',
      members: Object.entries<Field>(LAYER.fields).map(([name, field]) => [fieldName(name), field.bits]),
    },
    {
      summary: 'What every beat of a COMPUTE carries, so that no later LAYER changes what it means.',
      name: 'compute_op',
      members: [
        ['layer', 'active_layer_t'],
        ['group', COMPUTE.fields.group.bits],
        ['output_base', COMPUTE.fields.output.bits, 'the field `output`'],
        ['lane_sum', 1],
        ['accumulate', 1],
        ['logits', 1],
      ],
    },
    {
      summary: 'A beat of a COMPUTE, as the position sequencer presents it.',
      name: 'compute_beat',
      members: [
        ['valid', 1],
        ['first', 1, 'of its position'],
        ['last', 1, 'of its position'],
        ['first_position', 1],
        ['last_position', 1],
        ['exceeds_patch', 1, 'the positions of the COMPUTE exceed the patch of LAYER'],
        index,
        row,
        column,
        ['op', 'compute_op_t'],
      ],
    },
    {
      summary: 'R rows that drain in one cycle.',
      name: 'drain',
      members: [
        ['valid', 1],
        ['drain_group', 8, 'which R of the U rows'],
        ['keep', 1],
        ['overwrite', 1, 'the first part of a position, unless the COMPUTE accumulates'],
        ['finish', 1, 'the end of the COMPUTE’s last beat'],
        ['first_position', 1],
        row,
        column,
        ['op', 'compute_op_t'],
      ],
    },
    {
      summary:
        'What is the same for every beat of a POOL, MOVE or REPATCH: source geometry, output side of LAYER, own fields.',
      name: 'bank_op',
      members: [
        ...['pitch', 'height', 'strideY', 'strideX', 'offsetY', 'offsetX'].map((name): Member => [
          fieldName(name),
          bits(geometry, name),
          geometry[name]!.signed === true ? 'two’s complement' : undefined,
        ]),
        ['reach_y', reachBits('strideY', 'patchHeight'), 'source rows per tap row: the dilation; of REPATCH per lane'],
        ['reach_x', reachBits('strideX', 'patchWidth')],
        ['valid_height', bits(geometry, 'validHeight')],
        ['valid_width', bits(geometry, 'validWidth')],
        ['source_stride', bits(geometry, 'planeStride')],
        ['output_stride', LAYER.fields.planeStride.bits],
        ['patch_width', LAYER.fields.patchWidth.bits],
        ['wide', 1],
        ['move', 1],
        ['repatch', 1],
        ['signed_codes', 1],
        ['lane_rows', MOVE.fields.laneRows.bits, 'two’s complement, as lane_columns; both 0 but for MOVE'],
        ['lane_columns', MOVE.fields.laneColumns.bits],
        ['fill', MOVE.fields.fill.bits, '0 for POOL'],
        ['exceeds_patch', 1, 'the rows exceed the patch of LAYER'],
        index,
      ],
    },
    {
      summary: 'A beat of a POOL, MOVE or REPATCH, as its sequencer presents it.',
      name: 'bank_beat',
      members: [
        ['valid', 1],
        ['read', 1, 'the banks are read'],
        ['recirculate', 1, 'MOVE: the words pass the torus once more'],
        [
          'take',
          1,
          'the words that arrive are a tap of the window of POOL, the result of MOVE, or hold the pixel of a lane of REPATCH',
        ],
        ['column_first', 1, 'first tap of a column of the window of POOL, or of another word'],
        ['first_column', 1, 'no column counts before this one: the first of a window that reuses none'],
        ['column_last', 1, 'last beat of the column; for MOVE and REPATCH of the word'],
        ['word_last', 1, 'last beat of the word'],
        ['torus_pass', MOVE.fields.laneRows.bits, 'MOVE: how often the words have passed the torus'],
        ['step', 1, 'of two planes: 0 where plane 0 lies in the lower half of the banks'],
        row,
        column,
        ['tap_row', POOL.fields.windowHeight.bits, 'of the window of POOL; REPATCH: the lane that receives'],
        ['tap_column', POOL.fields.windowWidth.bits],
        ['source', mapAddressBits, 'plane 0 of the slot; may be outside the banks'],
        ['target', mapAddressBits],
        ['op', 'bank_op_t'],
      ],
    },
  ]
}

/** Bits of a geometry's stride times an extent of LAYER's patch. */
const reachBits = (stride: 'strideX' | 'strideY', extent: 'patchHeight' | 'patchWidth'): number =>
  bits(geometry, stride) + LAYER.fields[extent].bits

/** One cluster's part of a beat: row entries from bit 0, then column ids, then the flags (isa/MANUAL.md). */
function beat(machine: Machine): PackedStruct {
  return {
    summary: 'One cluster’s part of a beat in the weight memory.',
    name: 'cluster_beat',
    members: [
      ['flags', formats.flagBits, 'dlp_isa_pkg::flags_t'],
      ['column_ids', machine.banks * formats.columnIdBits, 'of each bank, bank 0 lowest'],
      [
        'entries',
        machine.rows * (formats.weightBits + selectBits(machine)),
        'of each row, row 0 lowest: {bank select, weight}',
      ],
    ],
  }
}
