// The registers through which a host controls a DLP: 32 bits each on AXI4-Lite, at byte addresses.

import type { MachineVersions } from './versions.ts'

export interface Register {
  readonly address: number
  /** consecutive words; 1 where not given */
  readonly words?: number
  readonly access: 'read' | 'write' | 'read, write'
  /** bits that mean something by themselves, from bit 0 */
  readonly bits?: readonly string[]
  readonly summary: string
}

/** "DLPP", its first letter in the lowest byte */
export const identification = 0x50504c44
/** Raised with every change of the registers; instructions and timing have their own (`versions.ts`). */
export const interfaceVersion = 2

/** A write that is refused, or an address without a register, is answered with SLVERR and changes nothing. */
export const registers = {
  identification: { address: 0x000, access: 'read', summary: 'the letters DLPP, lowest byte first' },
  version: { address: 0x004, access: 'read', summary: 'version of this interface' },
  machineHash: {
    address: 0x008,
    words: 8,
    access: 'read',
    summary: 'SHA-256 of the machine’s text, as in a program’s header',
  },
  isaVersion: {
    address: 0x028,
    access: 'read',
    summary:
      'low half: ISA version; high half: the oldest ISA version whose programs it runs; a program’s header states the one that it needs',
  },
  timingVersion: { address: 0x02c, access: 'read', summary: 'timing version: must be the one in a program’s header' },
  control: {
    address: 0x040,
    access: 'read, write',
    bits: ['start', 'reset', 'interruptEnable'],
    summary:
      'start and reset clear themselves; start is refused while busy; reset ends whatever runs, and is busy until nothing is left on the bus to DRAM; memories keep their contents',
  },
  status: {
    address: 0x044,
    access: 'read, write',
    bits: ['busy', 'done', 'error'],
    summary: 'writing 1 to done clears done, error and the interrupt',
  },
  error: { address: 0x048, access: 'read', summary: 'status code of the last run' },
  errorIndex: { address: 0x04c, access: 'read', summary: 'index of the instruction that failed' },
  entry: { address: 0x050, access: 'read, write', summary: 'index of the first instruction; refused while busy' },
  watchdog: {
    address: 0x054,
    access: 'read, write',
    summary: 'cycles without any progress after which a run ends with an error; 0: never',
  },
  cycles: {
    address: 0x060,
    words: 2,
    access: 'read',
    summary: 'cycles of the last run from doorbell to interrupt, low word first',
  },
  regions: {
    address: 0x080,
    words: 8,
    access: 'read, write',
    summary:
      'DRAM addresses of constants, input, output and scratch, low word first, multiples of 4096; refused while busy',
  },
  programAddress: {
    address: 0x0c0,
    access: 'read, write',
    summary: 'index of the instruction that is written next; refused while busy',
  },
  programData: {
    address: 0x0c4,
    access: 'write',
    summary: 'four writes, low word first, make an instruction; then the index increments; refused while busy',
  },
} as const satisfies Record<string, Register>
export type RegisterName = keyof typeof registers

/** What register `isaVersion` reads. */
export const isaVersionWord = ({ isa, oldestIsa }: Pick<MachineVersions, 'isa' | 'oldestIsa'>): number =>
  oldestIsa * 2 ** 16 + isa

/** The versions of a machine that the registers `isaVersion` and `timingVersion` hold. */
export const versionsOfWords = (isaWord: number, timing: number): MachineVersions => ({
  isa: isaWord & 0xffff,
  oldestIsa: isaWord >>> 16,
  timing,
})
