// One machine as the SystemVerilog package dlp_machine_pkg: its sizes, sizes derived from them, the structs of the RTL, and its static rules.

import { defined } from '../../base/defined.ts'
import { machineHash } from '../container/format.ts'
import { wordFieldsOf } from '../codec.ts'
import type { InstructionEntry } from '../instructions.ts'
import { addressUnitBytes, instructionBits, instructions } from '../instructions.ts'
import { usedBits } from '../model/implementation-limits.ts'
import * as formats from '../model/formats.ts'
import * as sizes from '../model/sizes.ts'
import type { ImplementationLimits, Machine } from '../model/machine.ts'
import { lanes, limitsOf, processingElements, slotChannels } from '../model/machine.ts'
import { drainGroups } from '../timing.ts'
import { limitRules, machineRules } from '../validate.ts'
import { banner, constant, section } from './isa-package.ts'
import { ruleFunction } from './legality.ts'
import { pascalCase } from './names.ts'
import { mapAddressBits, packedStructs, type PortSizes } from './packed-structs.ts'

/** The text of dlp_machine_pkg.sv for a machine; the build picks one. */
export function machinePackage(machine: Machine): string {
  const { name, packedPairs, limits: _, ...numbers } = machine
  const limits = limitsOf(machine)
  return [
    `// The machine '${name}': ${processingElements(machine)} processing elements, ${lanes(machine)} lanes.`,
    banner,
    '/* verilator lint_off UNUSEDPARAM */',
    '/* verilator lint_off UNUSEDSIGNAL */',
    'package dlp_machine_pkg;',
    ...section('The machine', [
      ...Object.entries(numbers).map(([key, value]) => constant(pascalCase(key), value)),
      `localparam bit PackedPairs = 1'b${packedPairs ? 1 : 0};`,
    ]),
    ...section(
      'Derived sizes',
      Object.entries(derived(machine)).map(([key, value]) => constant(key, value)),
    ),
    ...section('Implementation limits: less than the ISA allows', [
      constant('Geometries', limits.geometries),
      constant('Taps', limits.taps),
      constant('LogitsWords', limits.logitsWords),
      constant('TransfersInFlight', limits.transfersInFlight),
      constant('DramAddressBits', limits.dramAddressBits),
      constant('PostInterval', limits.postInterval),
      `localparam bit BankOperations = 1'b${limits.bankSide ? 1 : 0};`,
      `localparam bit ColumnRanges = 1'b${limits.columnRanges ? 1 : 0};`,
      `localparam bit LaneSums = 1'b${limits.laneSums ? 1 : 0};`,
    ]),
    ...section('Bits that its instructions, geometries and slots may set', masks(machine)),
    ...section(
      'Structs: what the units exchange, and what accompanies the data in the pipelines',
      packedStructs(machine, portSizes(machine)),
    ),
    ...section("SHA-256 of the machine's text, its first byte lowest", [
      `localparam logic [255:0] MachineHash = 256'h${Buffer.from(machineHash(machine)).reverse().toString('hex')};`,
    ]),
    '',
    '  // Whether the machine accepts a word: legal on every machine, and within the rules of this one.',
    '  function automatic logic accepts(input logic [127:0] word);',
    '    accepts = dlp_isa_pkg::legal(word) && dlp_machine_pkg::fits(word);',
    '  endfunction',
    '',
    '  // Whether a word keeps the rules that depend on the machine.',
    ruleFunction('fits', instructions, [...machineRules, ...limitRules(machine)], machine),
    'endpackage',
    '/* verilator lint_on UNUSEDSIGNAL */',
    '/* verilator lint_on UNUSEDPARAM */',
    '',
  ].join('\n')
}

/** Sizes derived from a machine's own. */
export function derived(machine: Machine): Readonly<Record<string, number>> {
  return {
    Lanes: lanes(machine),
    SlotChannels: slotChannels(machine),
    DrainCyclesPerPart: drainGroups(machine),
    FeatureWordBits: 4 * lanes(machine),
    FeatureAddressBits: indexBits(machine.featureWords),
    BankBits: indexBits(machine.banks),
    ClusterBits: indexBits(machine.clusters),
    RowBits: indexBits(machine.rows),
    BeatAddressBits: indexBits(machine.weightBeats),
    GroupBits: indexBits(machine.parameterGroups),
    ProgramAddressBits: indexBits(machine.instructionWords),
    SelectBits: sizes.selectBits(machine),
    ClusterBeatBits: sizes.clusterBeatBits(machine),
    BeatBytes: sizes.beatBytes(machine),
    GroupBytes: sizes.groupBytes(machine),
    DramWordBits: sizes.wordBits(machine),
    AxiBytes: machine.axiBits / 8,
    ExtentBits: Math.max(...(['pitch', 'height'] as const).map((name) => limitsOf(machine).fieldBits[name] ?? 8)),
    TapReachBits: tapReachBits(limitsOf(machine)),
    AxiBeatsPerAddressUnit: addressUnitBytes / (machine.axiBits / 8),
    TransferBeatsBits: transferBeatsBits(machine),
    LogitsAddressBits: indexBits(Math.ceil(limitsOf(machine).logitsWords / machine.drainRows)),
    WeightAxiBeats: sizes.beatBytes(machine) / (machine.axiBits / 8),
    GroupAxiBeats: sizes.groupBytes(machine) / (machine.axiBits / 8),
    GeometryAxiBeats: (formats.geometriesPerBlock * formats.geometryBits) / machine.axiBits,
    BeatRows: beatRows(machine),
    ParameterWordRows: parameterWordRows(machine),
    ParameterGroupWords: parameterGroupWords(machine),
    ParameterAddressBits: portSizes(machine).parameterAddressBits,
    GeometriesPerLoad: portSizes(machine).geometriesPerLoad,
    SlotsPerLoad: portSizes(machine).slotsPerLoad,
    MapAddressBits: mapAddressBits,
  }
}

/** Bits of the data beats of a transfer: as many as DRAM holds, 30 at most. */
function transferBeatsBits(machine: Machine): number {
  return Math.min(30, limitsOf(machine).dramAddressBits - Math.log2(machine.axiBits / 8) + 1)
}

/** Rows of parameters in a data beat of LOADP. */
const beatRows = (machine: Machine): number => machine.axiBits / formats.parameterBits

/** Rows of parameters in a word of the parameter memory: the least multiple of R that is a whole number of data beats. */
const parameterWordRows = (machine: Machine): number =>
  defined([1, 2, 4, 8].map((factor) => machine.drainRows * factor).find((rows) => rows % beatRows(machine) === 0))

/** Words of the parameter memory that a row group takes. */
const parameterGroupWords = (machine: Machine): number => Math.ceil(machine.rows / parameterWordRows(machine))

function portSizes(machine: Machine): PortSizes {
  return {
    indexBits: indexBits(machine.instructionWords),
    featureAddressBits: indexBits(machine.featureWords),
    beatAddressBits: indexBits(machine.weightBeats),
    parameterWordRows: parameterWordRows(machine),
    parameterAddressBits: indexBits(machine.parameterGroups * parameterGroupWords(machine)),
    geometriesPerLoad: Math.max(1, machine.axiBits / formats.geometryBits),
    slotsPerLoad: machine.axiBits / formats.slotBits,
  }
}

function masks(machine: Machine): string[] {
  const limits = limitsOf(machine)
  const { geometries, fieldBits, dramAddressBits, laneSums, postInterval } = limits
  const own = {
    address: Math.min(24, dramAddressBits - 6),
    ...fieldBits,
    geometry: Math.min(fieldBits['geometry'] ?? 2, Math.log2(geometries)),
    ...(laneSums ? {} : { laneSum: 0, logits: 0 }),
    ...(postInterval === 1 ? {} : { accumulate: 0 }),
  }
  const entries = Object.entries<InstructionEntry>(instructions)
  const line = (name: string, bits: number, mask: bigint): string =>
    `localparam logic [${bits - 1}:0] ${name}Mask = ${bits}'h${mask.toString(16)};`
  return [
    ...entries.map(([op, entry]) => line(pascalCase(op), instructionBits, usedBits(wordFieldsOf(entry), own))),
    line(
      'Word',
      instructionBits,
      entries
        .filter(([, { part }]) => part === undefined || limits[part])
        .reduce((all, [, entry]) => all | usedBits(wordFieldsOf(entry), own), 0n),
    ),
    line('Geometry', formats.geometryBits, usedBits(formats.geometryFields, own)),
    line('Slot', formats.slotBits, usedBits(formats.slotFields, own)),
    line('DramAddress', 64, (1n << BigInt(dramAddressBits)) - 1n),
  ]
}

/** Bits of stride · position + offset + dilation · tap along either axis, with its sign. */
function tapReachBits({ taps, fieldBits }: ImplementationLimits): number {
  const most = (bits: number, ...names: readonly string[]): number =>
    2 ** Math.max(...names.map((name) => fieldBits[name] ?? bits)) - 1
  const position = most(8, 'patchHeight', 'patchWidth')
  const reach = most(4, 'strideY', 'strideX') * position + 127 + most(4, 'dilationY', 'dilationX') * (taps - 1)
  return 1 + Math.ceil(Math.log2(Math.max(128, reach) + 1))
}

const indexBits = (count: number): number => Math.max(1, Math.ceil(Math.log2(count)))
