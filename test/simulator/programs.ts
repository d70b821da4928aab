// Small programs for the simulator's tests, built by hand on a machine.
import { writeFields } from '../../base/bits.ts'
import { geometriesPerBlock, geometryBits, geometryFields, slotBits, slotFields } from '../../isa/model/formats.ts'
import { tableBytes } from '../../isa/model/sizes.ts'
import type { Geometry, Slot } from '../../isa/model/formats.ts'
import type { Instruction, InstructionOf, LegalInstruction } from '../../isa/instruction.ts'
import type { Mnemonic } from '../../isa/instructions.ts'
import { instructions } from '../../isa/instructions.ts'
import { machines } from '../../isa/model/machine.ts'
import type { Machine } from '../../isa/model/machine.ts'
import type { LayerRecord, Program, TensorDescriptor } from '../../isa/program.ts'
import { versionsOf } from '../../isa/versions.ts'
import { emptyBeats, flag, packBeats } from '../../isa/weights/beats.ts'

/** An instruction with the given fields, and zero in all others. */
export function instruction<M extends Mnemonic>(op: M, fields: Partial<InstructionOf<M>> = {}): InstructionOf<M> {
  const zeros = Object.fromEntries(['wait', 'signal', ...Object.keys(instructions[op].fields)].map((name) => [name, 0]))
  return { op, ...zeros, ...fields } as unknown as InstructionOf<M>
}

export const halt = instruction('HALT')

interface Parts {
  readonly machine?: Machine
  readonly init?: readonly LegalInstruction[]
  readonly infer?: readonly Instruction[]
  readonly constants?: Uint8Array
  readonly layers?: readonly LayerRecord[]
  readonly outputBytes?: number
  readonly inputBytes?: number
  readonly scratchBytes?: number
}

/** A program whose init and infer end with HALT; input and output are one tensor each of raw bytes. */
export function program(parts: Parts): Program {
  const init = [...(parts.init ?? []), halt]
  const instructions = [...init, ...(parts.infer ?? []), halt]
  return {
    machine: parts.machine ?? machines.tiny,
    versions: versionsOf(instructions),
    name: 'test',
    instructions,
    entry: { init: 0, infer: init.length },
    constants: parts.constants ?? new Uint8Array(1 << 16),
    inputs: parts.inputBytes === undefined ? [] : [tensor('input', parts.inputBytes)],
    outputs: parts.outputBytes === undefined ? [] : [tensor('output', parts.outputBytes)],
    layers: parts.layers ?? [],
    weightsIn: 'resident',
    scratchBytes: parts.scratchBytes ?? 0,
  }
}

function tensor(region: 'input' | 'output', bytes: number): TensorDescriptor {
  return {
    name: region, region, offset: 0, bytes, shape: [1, 1, 1], layout: 'map', bits: 4, signed: false, patch: [1, 1], spaceToDepth: 1,
    storedChannels: 1, scale: [1], zeroPoint: 0,
  } // prettier-ignore
}

/** A geometry that reads a map of `height` × `pitch` patches one to one, all lanes valid. */
export const plainGeometry = (height: number, pitch: number): Geometry => ({
  pitch, height, strideY: 1, strideX: 1, offsetY: 0, offsetX: 0, dilationY: 1, dilationX: 1, columnBits: 0,
  validHeight: 4095, validWidth: 4095, planeStride: height * pitch,
}) // prettier-ignore

/** The bytes of a table block. */
export function table(machine: Machine, geometries: readonly Geometry[], slots: readonly Slot[]): Uint8Array {
  const bytes = new Uint8Array(tableBytes(machine, slots.length))
  geometries.forEach((geometry, i) => writeFields(bytes, i * geometryBits, geometryFields, geometry))
  slots.forEach((slot, i) => writeFields(bytes, geometriesPerBlock * geometryBits + i * slotBits, slotFields, slot))
  return bytes
}

/** The bytes of `beats` beats in which row 0 of cluster 0 multiplies what bank 0 reads under `id` with `values`, and the last beat ends. */
export function weights(machine: Machine, values: readonly number[], id = 0): Uint8Array {
  const stream = emptyBeats(values.length, machine)
  values.forEach((value, beat) => {
    stream.values[beat * machine.clusters * machine.rows] = value
    stream.ids[beat * machine.clusters * machine.banks] = id
  })
  for (let cluster = 0; cluster < machine.clusters; cluster++) {
    stream.flags[(values.length - 1) * machine.clusters + cluster] = flag.end
  }
  return packBeats(stream, machine)
}

/** Byte strings at multiples of 64 of a constants region; gives the region and the units at which they start. */
export function constants(...pieces: readonly Uint8Array[]): {
  readonly bytes: Uint8Array
  readonly at: readonly number[]
} {
  const at: number[] = []
  let end = 0
  for (const piece of pieces) {
    at.push(end / 64)
    end += Math.ceil(piece.length / 64) * 64
  }
  const bytes = new Uint8Array(end)
  pieces.forEach((piece, i) => bytes.set(piece, at[i]! * 64))
  return { bytes, at }
}
