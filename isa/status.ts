// How a run can end: the status codes that the instruction unit reports, with the index of the instruction.

export interface Status {
  readonly code: number
  readonly summary: string
}

export const statusBits = 4

/** The first error of a run is kept; of several in one cycle that of the lowest queue: control, load, parameter, compute. */
export const statuses = {
  ok: { code: 0, summary: 'HALT was reached with every semaphore at zero' },
  illegalInstruction: { code: 1, summary: 'the word is no instruction' },
  machineRefused: { code: 2, summary: 'the instruction exceeds what this machine has' },
  programEnd: { code: 3, summary: 'the instruction memory ended without a HALT' },
  semaphoreOverflow: { code: 4, summary: 'the instruction’s signal raised a semaphore above 255' },
  semaphoreNotZero: { code: 5, summary: 'a semaphore was above zero at HALT' },
  address: { code: 6, summary: 'an address of the instruction lies outside a memory, its table or LAYER’s patch' },
  axiReadError: { code: 7, summary: 'DRAM answered a read with an error' },
  axiWriteError: { code: 8, summary: 'DRAM answered a write with an error' },
  watchdog: {
    code: 9,
    summary: 'no progress for as many cycles as WATCHDOG allows; the index is that of the next instruction to dispatch',
  },
} as const satisfies Record<string, Status>
export type StatusName = keyof typeof statuses
