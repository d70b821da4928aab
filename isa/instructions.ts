// The table of instructions: opcode, queue, kind, fields and meaning of each. Types, codec, assembler, manual, RTL package and generators derive from it.

import type { Field } from '../base/bits.ts'

/** The queues that execute instructions; control is executed by the instruction unit itself. */
export const queues = ['control', 'load', 'parameter', 'compute'] as const
export type Queue = (typeof queues)[number]

/** The queues that dispatch fills. */
export const workQueues = ['load', 'parameter', 'compute'] as const satisfies readonly Queue[]
export type WorkQueue = (typeof workQueues)[number]

/** The kinds of instructions. What simulator, RTL and tools do with an instruction follows from its kind where nothing else decides it. */
export const instructionKinds = {
  control: 'executed by the instruction unit',
  load: 'DRAM to a memory of the machine',
  store: 'a memory of the machine to DRAM',
  setting: 'sets what the following instructions of its queue use; issues and retires in the same cycle',
  compute: 'the PE array over a range of positions',
  bankOperation: 'every bank of every cluster at once, over a range of positions',
} as const
export type InstructionKind = keyof typeof instructionKinds

/** What a machine may leave out as a whole: the implementation limits that are yes or no (model/machine.ts). */
export type OptionalPart = 'bankSide' | 'columnRanges' | 'laneSums'

export interface InstructionEntry {
  readonly opcode: number
  readonly queue: Queue
  readonly kind: InstructionKind
  /** the part of the machine without which the instruction does not exist; every machine has it if not given */
  readonly part?: OptionalPart
  /** the ISA version (versions.ts) that brought it; 1 if not given */
  readonly since?: number
  readonly summary: string
  readonly fields: Readonly<Record<string, Field>>
}

/** A table of instructions: the one below, or one that a test makes of it. */
export type InstructionTable = Readonly<Record<string, InstructionEntry>>

/** DRAM regions: the host places each anywhere; addresses in instructions are relative to them. */
export const regions = ['constants', 'input', 'output', 'scratch'] as const

/** DRAM addresses in instructions count units of so many bytes. */
export const addressUnitBytes = 64

/** Bytes, rounded up to whole address units. */
export const wholeUnits = (bytes: number): number => Math.ceil(bytes / addressUnitBytes) * addressUnitBytes

export const instructionBits = 128
export const opcodeBits = 6
export const semaphores = 16
/** A semaphore counts to 255; a signal above that is an error. */
export const semaphoreBits = 8

/** Fields that every instruction carries after its opcode. */
export const commonFields = {
  wait: { bits: semaphores, summary: 'mask of semaphores that must be above zero at issue and are decremented' },
  signal: { bits: semaphores, summary: 'mask of semaphores that are incremented at retirement' },
} as const satisfies Record<string, Field>

const dram = {
  region: { bits: 2, names: regions, summary: 'DRAM region' },
  address: { bits: 24, summary: 'offset in the region, in units of 64 bytes' },
} as const satisfies Record<string, Field>

/** Address units of a region at most: as many as an instruction can address. */
export const mostRegionUnits = 2 ** dram.address.bits

/** Bytes of a region at most. */
export const mostRegionBytes = mostRegionUnits * addressUnitBytes

const mapTransfer = {
  ...dram,
  base: { bits: 16, summary: 'feature memory address of slot 0, plane 0, at the first position' },
  positions: { bits: 14, summary: 'positions to transfer, linear in the patch' },
  planeStride: { bits: 14, summary: 'words from a plane to the next: patch height × width' },
  channels: { bits: 12, summary: 'channels N in DRAM' },
  wide: { bits: 1, summary: '0: one plane (4 bits); 1: two planes (8 bits)' },
  startBank: { bits: 5, summary: 'bank of storage channels 0 to C−1' },
} as const satisfies Record<string, Field>

const positionRange = {
  gap: { bits: 8, summary: 'idle cycles after the last beat or read of the previous compute-queue instruction' },
  firstRow: { bits: 8, summary: 'first row of positions; rows wrap at the patch height' },
  rows: { bits: 8, summary: 'rows of positions' },
} as const satisfies Record<string, Field>

const bankOperation = {
  source: { bits: 16, summary: 'feature memory address of the source map' },
  output: { bits: 16, summary: 'feature memory address of the output map' },
  ...positionRange,
  slots: { bits: 8, summary: 'slots (C·B storage channels each)' },
  geometry: { bits: 2, summary: 'source geometry of the table block' },
  wide: { bits: 1, summary: '0: one plane (4 bits); 1: two planes (8 bits)' },
} as const satisfies Record<string, Field>

export const instructions = {
  HALT: {
    opcode: 1,
    queue: 'control',
    kind: 'control',
    summary:
      'Ends the run when every queue is empty and every unit idle; raises the interrupt. A semaphore above zero is an error.',
    fields: {},
  },
  LOAD: {
    opcode: 2,
    queue: 'load',
    kind: 'load',
    summary:
      'DRAM → feature memory, position outermost, then slot, plane and channel; fewer than C·B channels are repeated as replicas; retires when the last word is written.',
    fields: {
      ...mapTransfer,
      pad: {
        bits: 2,
        summary:
          'with fewer than C·B channels, storage channel q receives channel q mod (N + pad), or nothing where that is N or more',
      },
    },
  },
  STOREL: {
    opcode: 3,
    queue: 'load',
    kind: 'store',
    part: 'laneSums',
    summary: 'Logits memory → DRAM as int32; retires at the write response.',
    fields: {
      ...dram,
      first: { bits: 12, summary: 'first logit' },
      count: { bits: 13, summary: 'logits to store' },
    },
  },
  LOADW: {
    opcode: 4,
    queue: 'parameter',
    kind: 'load',
    summary: 'DRAM → weight memory. With zero beats it only waits and signals.',
    fields: {
      ...dram,
      beat: { bits: 16, summary: 'first beat written' },
      beats: { bits: 17, summary: 'beats to load' },
    },
  },
  LOADP: {
    opcode: 5,
    queue: 'parameter',
    kind: 'load',
    summary: 'DRAM → parameter memory: bias, multiplier, shift and rounding of U rows a group.',
    fields: {
      ...dram,
      group: { bits: 12, summary: 'first row group written' },
      groups: { bits: 13, summary: 'row groups to load' },
    },
  },
  LOADT: {
    opcode: 6,
    queue: 'parameter',
    kind: 'load',
    summary: 'DRAM → one table block: four source geometries and the slot entries of a layer.',
    fields: {
      ...dram,
      block: { bits: 1, summary: 'table block written' },
      slots: { bits: 8, summary: 'slot entries to load, at most 128' },
      tapBits: { bits: 3, summary: 'bits of a column id that name the tap (0 to 6); the others name the slot' },
    },
  },
  LAYER: {
    opcode: 7,
    queue: 'compute',
    kind: 'setting',
    summary: 'Sets the table block and the output map of the following instructions of the compute queue.',
    fields: {
      block: { bits: 1, summary: 'table block read' },
      patchHeight: { bits: 8, summary: 'rows of the output patch' },
      patchWidth: { bits: 8, summary: 'columns of the output patch' },
      planeStride: { bits: 14, summary: 'words from an output plane to the next: patch height × width' },
      wide: { bits: 1, summary: '0: codes of 4 bits, one plane; 1: codes of 8 bits, two planes' },
      startBank: { bits: 5, summary: 'bank of output storage channels 0 to C−1' },
      zeroPoint: { bits: 9, signed: true, summary: 'added after the shift' },
      low: { bits: 9, signed: true, summary: 'least code written' },
      high: { bits: 9, signed: true, summary: 'greatest code written' },
      validHeight: { bits: 12, summary: 'rows of the map; pixels outside it do not count in lane sums' },
      validWidth: { bits: 12, summary: 'columns of the map' },
    },
  },
  COLUMNS: {
    opcode: 13,
    queue: 'compute',
    kind: 'setting',
    part: 'columnRanges',
    summary: 'Sets the columns of positions of the following COMPUTEs, until the next LAYER, which sets all columns.',
    fields: {
      firstColumn: { bits: 8, summary: 'first column of positions; columns wrap at the patch width' },
      columns: { bits: 8, summary: 'columns of positions' },
    },
  },
  COMPUTE: {
    opcode: 8,
    queue: 'compute',
    kind: 'compute',
    summary:
      'One row group over a range of positions: replays the beats at each position, sums, requantises and writes.',
    fields: {
      beat: { bits: 16, summary: 'first beat in the weight memory' },
      beats: { bits: 14, summary: 'beats of one position' },
      group: { bits: 12, summary: 'row group in the parameter memory' },
      output: { bits: 16, summary: 'feature memory address of the group’s first slot; first logit with logits' },
      ...positionRange,
      laneSum: { bits: 1, summary: 'sum over valid lanes and all positions, then one result a row' },
      accumulate: { bits: 1, summary: 'add the first part to the partial sums instead of overwriting them' },
      logits: { bits: 1, summary: 'with laneSum: write sum + bias to the logits memory, without requantising' },
    },
  },
  POOL: {
    opcode: 9,
    queue: 'compute',
    kind: 'bankOperation',
    part: 'bankSide',
    summary: 'Maximum over the valid pixels of a window, bank by bank; output in the source’s banks.',
    fields: {
      ...bankOperation,
      signed: { bits: 1, summary: 'codes are two’s complement' },
      windowHeight: { bits: 4, summary: 'rows of the window, 1 to 8' },
      windowWidth: { bits: 4, summary: 'columns of the window, 1 to 8' },
      advance: {
        bits: 3,
        summary:
          'columns by which the window advances from a position to the next: the maximum of its last column is reused at the next position of the row; 0: every tap is read',
      },
    },
  },
  MOVE: {
    opcode: 10,
    queue: 'compute',
    kind: 'bankOperation',
    part: 'bankSide',
    summary: 'Relayout of a map: shifts it by whole lanes; lanes without a valid source pixel receive the fill.',
    fields: {
      ...bankOperation,
      laneRows: { bits: 5, signed: true, summary: 'lane (y, x) receives from lane (y + laneRows, x + laneColumns)' },
      laneColumns: { bits: 5, signed: true, summary: 'see laneRows' },
      fill: { bits: 8, summary: 'code written where there is no valid pixel' },
    },
  },
  REPATCH: {
    opcode: 12,
    queue: 'compute',
    kind: 'bankOperation',
    part: 'bankSide',
    summary:
      'Relayout of a map between patch layouts: each lane of each position receives the source pixel at its own position in the map, or the fill.',
    fields: {
      ...bankOperation,
      fill: { bits: 8, summary: 'code written where there is no valid pixel' },
    },
  },
  STORE: {
    opcode: 11,
    queue: 'compute',
    kind: 'store',
    summary: 'Feature memory → DRAM, in LOAD’s order without replicas; retires at the write response.',
    fields: mapTransfer,
  },
} as const satisfies InstructionTable

export type Mnemonic = keyof typeof instructions
export type MnemonicOfKind<Kind extends InstructionKind> = {
  [M in Mnemonic]: (typeof instructions)[M]['kind'] extends Kind ? M : never
}[Mnemonic]

/** Instructions that a sequencer of the compute queue executes and that use the banks for some cycles: all of that queue except settings. */
export type SequencedMnemonic = {
  [M in Mnemonic]: (typeof instructions)[M] extends { readonly queue: 'compute' }
    ? Exclude<M, MnemonicOfKind<'setting'>>
    : never
}[Mnemonic]

export const sequencedMnemonics = (Object.keys(instructions) as Mnemonic[]).filter(
  (op): op is SequencedMnemonic => instructions[op].queue === 'compute' && instructions[op].kind !== 'setting',
)

/** The mnemonics of some kinds, in the table's order. */
export const mnemonicsOfKind = <Kind extends InstructionKind>(...kinds: readonly Kind[]): MnemonicOfKind<Kind>[] =>
  opsOfKind(instructions, ...kinds) as MnemonicOfKind<Kind>[]

/** The names of the fields of all instructions. */
export type FieldName = { [M in Mnemonic]: keyof (typeof instructions)[M]['fields'] }[Mnemonic]

/** The mnemonics of a table whose instructions have all of some fields. */
export const opsHaving = (table: InstructionTable, ...names: readonly FieldName[]): string[] =>
  Object.keys(table).filter((op) => names.every((name) => Object.hasOwn(table[op]!.fields, name)))

/** The mnemonics of a table that are of some kinds. */
export const opsOfKind = (table: InstructionTable, ...kinds: readonly InstructionKind[]): string[] =>
  Object.keys(table).filter((op) => kinds.includes(table[op]!.kind))

/** The mnemonics of a table that a machine without a part leaves out. */
export const opsOfPart = (table: InstructionTable, part: OptionalPart): string[] =>
  Object.keys(table).filter((op) => table[op]!.part === part)
