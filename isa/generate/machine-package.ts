// One machine as the SystemVerilog package dlp_machine_pkg: its sizes, what follows from them, and its static rules.

import { machineHash } from '../container/format.ts'
import { addressUnitBytes } from '../instructions.ts'
import * as formats from '../formats.ts'
import type { Machine } from '../machine.ts'
import { lanes, processingElements, slotChannels } from '../machine.ts'
import { machineRules } from '../validate.ts'
import { banner, constant, section } from './isa-package.ts'
import { ruleFunction } from './legality.ts'
import { pascalCase } from './names.ts'

/** The text of dlp_machine_pkg.sv for a machine; the build picks one. */
export function machinePackage(machine: Machine): string {
  const { name, packedPairs, ...sizes } = machine
  return [
    `// The machine '${name}': ${processingElements(machine)} processing elements, ${lanes(machine)} lanes.`,
    banner,
    '/* verilator lint_off UNUSEDPARAM */',
    '/* verilator lint_off UNUSEDSIGNAL */',
    'package dlp_machine_pkg;',
    ...section('The machine', [
      ...Object.entries(sizes).map(([key, value]) => constant(pascalCase(key), value)),
      `localparam bit PackedPairs = 1'b${packedPairs ? 1 : 0};`,
    ]),
    ...section(
      'What follows from it',
      Object.entries(derived(machine)).map(([key, value]) => constant(key, value)),
    ),
    ...section("SHA-256 of the machine's text, its first byte lowest", [
      `localparam logic [255:0] MachineHash = 256'h${Buffer.from(machineHash(machine)).reverse().toString('hex')};`,
    ]),
    '',
    '  // Whether the machine runs a word: legal everywhere, and within this machine.',
    '  function automatic logic accepts(input logic [127:0] word);',
    '    accepts = dlp_isa_pkg::legal(word) && dlp_machine_pkg::fits(word);',
    '  endfunction',
    '',
    '  // Whether a word keeps the rules that need this machine.',
    ruleFunction('fits', machineRules, machine),
    'endpackage',
    '/* verilator lint_on UNUSEDSIGNAL */',
    '/* verilator lint_on UNUSEDPARAM */',
    '',
  ].join('\n')
}

/** Sizes that follow from a machine's own. */
export function derived(machine: Machine): Readonly<Record<string, number>> {
  return {
    Lanes: lanes(machine),
    SlotChannels: slotChannels(machine),
    DrainCyclesPerPart: machine.rows / machine.drainRows,
    FeatureWordBits: 4 * lanes(machine),
    FeatureAddressBits: indexBits(machine.featureWords),
    BankBits: indexBits(machine.banks),
    ClusterBits: indexBits(machine.clusters),
    RowBits: indexBits(machine.rows),
    BeatAddressBits: indexBits(machine.weightBeats),
    GroupBits: indexBits(machine.parameterGroups),
    ProgramAddressBits: indexBits(machine.instructionWords),
    SelectBits: formats.selectBits(machine),
    ClusterBeatBits: formats.clusterBeatBits(machine),
    BeatBytes: formats.beatBytes(machine),
    GroupBytes: formats.groupBytes(machine),
    DramWordBits: formats.wordBits(machine),
    AxiBytes: machine.axiBits / 8,
    AxiBeatsPerAddressUnit: addressUnitBytes / (machine.axiBits / 8),
  }
}

const indexBits = (count: number): number => Math.max(1, Math.ceil(Math.log2(count)))
