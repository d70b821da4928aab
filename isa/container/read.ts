// The bytes of a .dlp file to a program: nothing in them is used before it is checked.

import { defined } from '../../base/defined.ts'
import { crc32 } from 'node:zlib'
import { decodeProgramWords } from '../codec.ts'
import { DlpError } from '../../base/error.ts'
import { machines } from '../model/machine.ts'
import { parseMachine } from '../model/machine-file.ts'
import type { Machine } from '../model/machine.ts'
import type { Program } from '../program.ts'
import { checkIsa } from '../versions.ts'
import type { Versions } from '../versions.ts'
import {
  alignSection,
  formatVersion,
  header,
  machineHash,
  machineHashBytes,
  machineText,
  magic,
  sections,
  tableEntryBytes,
} from './format.ts'
import type { SectionName } from './format.ts'
import { parseMetadata } from './metadata.ts'

/** Where a section lies in a file. */
export interface SectionEntry {
  readonly name: SectionName
  readonly offset: number
  readonly length: number
  readonly checksum: number
}

/**
 * Reads a program; writing it again gives the same bytes.
 * @param where names the file in messages
 * @param expected the machine that is to run it, if known
 * @throws DlpError for anything but a whole, undamaged .dlp file of this format version and an ISA version that this dlp has, for the expected machine;
 *   one made for another timing version can be inspected, not run (`checkVersions`)
 */
export function readProgram(bytes: Uint8Array, where: string, expected?: Machine): Program {
  const places = readSections(bytes, where)
  const versions = readVersions(bytes, where)
  checkIsa(versions, where)
  const content = (name: SectionName): Uint8Array => {
    const { offset, length } = defined(places.find((each) => each.name === name))
    return bytes.subarray(offset, offset + length)
  }
  const textOf = (name: SectionName): string => decodeText(content(name), `${where}, section '${name}'`)
  const machine = readMachine(textOf('machine'), bytes, where)
  if (expected !== undefined) checkExpected(machine, expected, where)
  const { length } = content('instructions')
  if (length / 16 > machine.instructionWords) {
    const allowed = `at most ${machine.instructionWords}, as machine '${machine.name}' holds`
    throw new DlpError({ what: `${length / 16} instructions`, where, allowed })
  }
  const instructions = decodeProgramWords(content('instructions'), `${where}, section 'instructions'`)
  const metadata = parseMetadata(textOf('metadata'), `${where}, section 'metadata'`)
  return { machine, versions, ...metadata, instructions, constants: content('constants').slice() }
}

/** The sections of a file, header and checksums checked. @throws DlpError as `readProgram` does. */
export function readSections(bytes: Uint8Array, where: string): readonly SectionEntry[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (bytes.length < magic.length || Buffer.from(bytes.subarray(0, magic.length)).toString('latin1') !== magic)
    throw new DlpError({ what: 'is not a .dlp program', where, help: 'make one with dlp compile or dlp asm' })
  if (bytes.length < header.bytes)
    throw damaged(where, `has ${bytes.length} bytes, less than its header's ${header.bytes}`)
  const version = view.getUint16(header.version, true)
  if (version !== formatVersion) {
    const help = version > formatVersion ? 'it was written by a newer dlp: update dlp' : 'compile the model again'
    throw new DlpError({ what: `has format version ${version}`, where, allowed: String(formatVersion), help })
  }
  if (view.getUint32(header.checksum, true) !== crc32(bytes.subarray(0, header.checksum)))
    throw damaged(where, "its header's checksum is wrong")
  const fileBytes = view.getUint32(header.fileBytes, true)
  if (fileBytes !== bytes.length) throw damaged(where, `has ${bytes.length} bytes, its header states ${fileBytes}`)
  if (view.getUint16(header.sectionCount, true) !== sections.length)
    throw damaged(where, `has ${view.getUint16(header.sectionCount, true)} sections, not ${sections.length}`)
  checkZero(bytes, header.spare, header.checksum, where)
  let end: number = header.bytes
  const places = sections.map((section, index) => {
    const place = readEntry(bytes, view, index, alignSection(end), where)
    checkZero(bytes, end, place.offset, where)
    end = place.offset + place.length
    return { name: section.name, ...place }
  })
  if (end !== bytes.length) throw damaged(where, `ends at ${end} by its section table, not at ${bytes.length}`)
  return places
}

/** The versions in a file's header, whose checksum is checked. */
function readVersions(bytes: Uint8Array, where: string): Versions {
  const view = new DataView(bytes.buffer, bytes.byteOffset, header.bytes)
  const isa = view.getUint16(header.isaVersion, true)
  const timing = view.getUint16(header.timingVersion, true)
  // Versions count from 1; the writer refuses others.
  if (isa === 0 || timing === 0) throw damaged(where, `its header states ISA version ${isa}, timing version ${timing}`)
  return { isa, timing }
}

function readEntry(
  bytes: Uint8Array,
  view: DataView,
  index: number,
  start: number,
  where: string,
): Omit<SectionEntry, 'name'> {
  const { kind, name, maximumBytes } = sections[index]!
  const at = header.table + index * tableEntryBytes
  const field = (number: number): number => view.getUint32(at + 4 * number, true)
  const [foundKind, offset, length, checksum] = [field(0), field(1), field(2), field(3)]
  if (foundKind !== kind) throw damaged(where, `has section kind ${foundKind} where '${name}' (${kind}) belongs`)
  if (offset !== start) throw damaged(where, `section '${name}' starts at ${offset}, not at ${start}`)
  if (length > maximumBytes || offset + length > bytes.length)
    throw damaged(where, `section '${name}' has ${length} bytes in a file of ${bytes.length}`)
  if (crc32(bytes.subarray(offset, offset + length)) !== checksum)
    throw damaged(where, `the checksum of section '${name}' is wrong`)
  return { offset, length, checksum }
}

function readMachine(text: string, bytes: Uint8Array, where: string): Machine {
  const machine = parseMachine(text, `${where}, section 'machine'`)
  if (machineText(machine) !== text) throw damaged(where, 'its machine is not written canonically')
  const hash = bytes.subarray(header.machineHash, header.machineHash + machineHashBytes)
  if (Buffer.compare(hash, machineHash(machine)) !== 0)
    throw damaged(where, "its machine does not match its header's hash")
  return machine
}

function checkExpected(found: Machine, expected: Machine, where: string): void {
  if (machineText(found) === machineText(expected)) return
  const text = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value ?? 'none'))
  const fields = ([...Object.keys(machines.tiny), 'limits'] as (keyof Machine)[])
    .map((key) => ({ key, is: text(found[key]), needed: text(expected[key]) }))
    .filter(({ is, needed }) => is !== needed)
    .map(({ key, is, needed }) => `${key} is ${is} instead of ${needed}`)
  throw new DlpError({
    what: `was compiled for machine '${found.name}': ${fields.join(', ')}`,
    where,
    allowed: `programs for machine '${expected.name}'`,
    help: `compile the model again with --machine ${expected.name}`,
  })
}

function decodeText(bytes: Uint8Array, where: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw new DlpError({ what: 'is not UTF-8 text', where })
  }
}

function checkZero(bytes: Uint8Array, from: number, to: number, where: string): void {
  for (let at = from; at < to; at++)
    if (bytes[at] !== 0) throw damaged(where, `byte ${at}, between sections, is not zero`)
}

function damaged(where: string, what: string): DlpError {
  return new DlpError({ what: `is damaged: ${what}`, where, help: 'compile the model again, or copy the file again' })
}
