// A small program that breaks no rule, for tests to damage.

import { writeFields } from '../../../base/bits.ts'
import { geometryFields } from '../../../isa/model/formats.ts'
import { beatBytes, groupBytes, tableBytes } from '../../../isa/model/sizes.ts'
import type { InstructionOf, LegalInstruction } from '../../../isa/instruction.ts'
import { instructions } from '../../../isa/instructions.ts'
import type { Mnemonic } from '../../../isa/instructions.ts'
import { machines } from '../../../isa/model/machine.ts'
import { tensorBytes } from '../../../isa/packing.ts'
import type { Program, TensorDescriptor } from '../../../isa/program.ts'
import { random } from '../../../base/random.ts'
import { currentVersions } from '../../../isa/versions.ts'
import { emptyBeats, flag, packBeats } from '../../../isa/weights/beats.ts'

const machine = machines.tiny
const beats = 6
const round64 = (bytes: number): number => Math.ceil(bytes / 64) * 64

/** An instruction with the fields given; all others are zero. */
export function instruction<M extends Mnemonic>(op: M, fields: Partial<InstructionOf<M>> = {}): LegalInstruction {
  const zeros = Object.fromEntries(Object.keys(instructions[op].fields).map((name) => [name, 0]))
  return { op, wait: 0, signal: 0, ...zeros, ...fields } as unknown as LegalInstruction
}

const input: TensorDescriptor = {
  ...{ name: 'image', region: 'input', offset: 0, bytes: 0, shape: [3, 4, 4], layout: 'map', bits: 4, signed: false },
  ...{ patch: [2, 2], spaceToDepth: 1, storedChannels: 3, scale: [0.25], zeroPoint: 1 },
  preprocessing: { mean: [0.5, 0.25, 0.125], std: [1, 2, 0.1] },
}

const output: TensorDescriptor = {
  ...{ name: 'logits', region: 'output', offset: 0, bytes: 64, shape: [8], layout: 'logits', bits: 32, signed: true },
  ...{ patch: [0, 0], spaceToDepth: 0, storedChannels: 0, scale: [1, 2, 3, 4, 5, 6, 7, 8.125], zeroPoint: 0 },
}

function constants(): Uint8Array {
  const draw = random(3)
  const stream = emptyBeats(beats, machine)
  stream.values.forEach((_, index) => (stream.values[index] = Math.floor(draw() * 16) - 8))
  stream.selects.forEach((_, index) => (stream.selects[index] = Math.floor(draw() * machine.banks)))
  stream.flags.fill(flag.end, (beats - 1) * machine.clusters)
  const weights = packBeats(stream, machine)
  const parameters = new Uint8Array(groupBytes(machine)).fill(1)
  const table = new Uint8Array(tableBytes(machine, 2))
  const geometry = { pitch: 2, height: 2, strideY: 1, strideX: 1, offsetY: 0, offsetX: 0, dilationY: 1, dilationX: 1 }
  writeFields(table, 0, geometryFields, { ...geometry, columnBits: 1, validHeight: 4, validWidth: 4, planeStride: 4 })
  const places = placesOf()
  const bytes = new Uint8Array(round64(places.table * 64 + table.length))
  bytes.set(weights)
  bytes.set(parameters, places.parameters * 64)
  bytes.set(table, places.table * 64)
  return bytes
}

function placesOf(): { parameters: number; table: number } {
  const parameters = round64(beats * beatBytes(machine)) / 64
  return { parameters, table: parameters + round64(groupBytes(machine)) / 64 }
}

/** One row group over a 4 × 4 image on `tiny`, weights resident, logits out. */
export function sampleProgram(): Program {
  const { parameters, table } = placesOf()
  return {
    machine,
    versions: { isa: 1, timing: currentVersions.timing },
    name: 'sample – ünïcode',
    instructions: [
      instruction('LOADW', { beats }),
      instruction('HALT'),
      instruction('LOADP', { address: parameters, groups: 1 }),
      instruction('LOADT', { address: table, slots: 2, tapBits: 2, signal: 2 }),
      instruction('LOAD', { region: 1, positions: 4, planeStride: 4, channels: 3, signal: 1 }),
      instruction('LAYER', {
        patchHeight: 2,
        patchWidth: 2,
        planeStride: 4,
        high: 15,
        wait: 2,
        validHeight: 4,
        validWidth: 4,
      }),
      instruction('COMPUTE', { beats, rows: 2, laneSum: 1, logits: 1, wait: 1, signal: 4 }),
      instruction('STOREL', { region: 2, count: 8, wait: 4 }),
      instruction('HALT'),
    ],
    entry: { init: 0, infer: 2 },
    constants: constants(),
    inputs: [{ ...input, bytes: tensorBytes(input, machine) }],
    outputs: [output],
    layers: [
      {
        ...{ name: 'fc', kind: 'logits', first: 5, end: 7, shape: [8, 1, 1], usefulMacs: 512 },
        ...{ nonZeros: 32, weights: 40, boundBeats: 5, beats },
      },
    ],
    weightsIn: 'resident',
    scratchBytes: 0,
  }
}
