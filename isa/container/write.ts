// A program to the bytes of a .dlp file.

import { crc32 } from 'node:zlib'
import { encodeProgramWords } from '../codec.ts'
import { DlpError } from '../../base/error.ts'
import { checkMachine } from '../model/machine-laws.ts'
import type { Program } from '../program.ts'
import { mostVersion } from '../versions.ts'
import {
  alignSection,
  formatVersion,
  header,
  machineHash,
  machineText,
  magic,
  sections,
  tableEntryBytes,
} from './format.ts'
import type { SectionName } from './format.ts'
import { metadataText } from './metadata.ts'

/**
 * The bytes of a program: one program has one file, to the byte.
 * @throws DlpError when a field or an instruction is out of range, the machine breaks a law, or a section is too large.
 */
export function writeProgram(program: Program): Uint8Array {
  const contents: Readonly<Record<SectionName, Uint8Array>> = {
    machine: Buffer.from(machineText(checkMachine(program.machine)), 'utf8'),
    metadata: Buffer.from(metadataText(program), 'utf8'),
    instructions: encodeProgramWords(program.instructions),
    constants: program.constants,
  }
  let end: number = header.bytes
  const places = sections.map(({ kind, name, maximumBytes }) => {
    const { length } = contents[name]
    if (length > maximumBytes)
      throw new DlpError({ what: `${length} bytes`, where: `section '${name}'`, allowed: `at most ${maximumBytes}` })
    const offset = alignSection(end)
    end = offset + length
    return { kind, name, offset, length }
  })
  const bytes = new Uint8Array(end)
  const view = new DataView(bytes.buffer)
  bytes.set(Buffer.from(magic, 'latin1'), header.magic)
  view.setUint16(header.version, formatVersion, true)
  view.setUint16(header.sectionCount, sections.length, true)
  view.setUint32(header.fileBytes, end, true)
  view.setUint16(header.isaVersion, versionOf(program.versions.isa), true)
  view.setUint16(header.timingVersion, versionOf(program.versions.timing), true)
  bytes.set(machineHash(program.machine), header.machineHash)
  for (const [index, { kind, name, offset, length }] of places.entries()) {
    bytes.set(contents[name], offset)
    const entry = [kind, offset, length, crc32(contents[name])]
    for (const [field, value] of entry.entries())
      view.setUint32(header.table + index * tableEntryBytes + 4 * field, value, true)
  }
  view.setUint32(header.checksum, crc32(bytes.subarray(0, header.checksum)), true)
  return bytes
}

/** @throws DlpError for a version that the header cannot hold */
function versionOf(version: number): number {
  if (Number.isInteger(version) && version >= 1 && version <= mostVersion) return version
  throw new DlpError({ what: `version ${version}`, where: "the program's versions", allowed: `1 to ${mostVersion}` })
}
