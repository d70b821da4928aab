// The JSON of a directive, checked by the container's schema, so that every assembled program can be written to a file.

import type { Metadata } from '../container/metadata.ts'
import { metadataText } from '../container/metadata.ts'
import { DlpError } from '../../base/error.ts'
import { parseJson } from '../../base/json.ts'
import { machines } from '../model/machine.ts'
import { currentVersions } from '../versions.ts'
import type { LayerRecord, Program, TensorDescriptor } from '../program.ts'

const empty: Program = {
  machine: machines.tiny,
  versions: currentVersions,
  name: '',
  instructions: [],
  entry: { init: 0, infer: 0 },
  constants: new Uint8Array(0),
  inputs: [],
  outputs: [],
  layers: [],
  weightsIn: 'resident',
  scratchBytes: 0,
}

/** A tensor from JSON, its fields in canonical order. @throws DlpError naming the field that does not fit. */
export function tensorOf(json: string): TensorDescriptor {
  return checked({ inputs: [parseJson(json) as TensorDescriptor] }, 'inputs[0]').inputs[0]!
}

/** A layer from JSON, its fields in canonical order. @throws DlpError naming the field that does not fit. */
export function layerOf(json: string): LayerRecord {
  return checked({ layers: [parseJson(json) as LayerRecord] }, 'layers[0]').layers[0]!
}

/** A program's name as in the container. @throws DlpError */
export function nameOf(json: string): string {
  return checked({ name: parseJson(json) as string }, 'name').name
}

/** A class's name as in the container. @throws DlpError */
export function classOf(json: string): string {
  return checked({ classes: [parseJson(json) as string] }, 'classes[0]').classes![0]!
}

/** Bytes of the scratch region as in the container. @throws DlpError */
export function scratchBytesOf(value: number): number {
  return checked({ scratchBytes: value }, 'scratchBytes').scratchBytes
}

function checked(part: Partial<Program>, path: string): Metadata {
  try {
    return JSON.parse(metadataText({ ...empty, ...part })) as Metadata
  } catch (error) {
    if (!(error instanceof DlpError)) throw error
    const { where, ...complaint } = error.complaint
    const field = where?.replace(`program.${path}`, '').replace(/^\./, '')
    throw new DlpError({ ...complaint, ...(field === undefined || field === '' ? {} : { where: field }) })
  }
}
