// What the semantics of every instruction receive: the state, a constructor of faults and an observer.
import type { ComputeReads } from './decoded.ts'
import type { MachineFault } from './fault.ts'
import type { MachineState, Region } from './state.ts'
import { regionName } from './state.ts'
import { addressUnitBytes } from '../instructions.ts'

/** A sum that overflowed its width: the program's results are not exact, and on a packed machine it breaks the contract. */
export interface Overflow {
  /** 'cluster': a cluster's final sum overflowed accumulatorBits; 'total': T or T + bias overflowed int32 */
  readonly kind: 'cluster' | 'total'
  readonly row: number
  /** −1 for totals */
  readonly cluster: number
  readonly part: number
  /** first position (in the instruction's order) and lane at which it happens */
  readonly position: number
  readonly lane: number
  /** the exact value there */
  readonly value: number
}

export interface Observer {
  /** called at most once for each row, part and cluster of a COMPUTE */
  overflow?(overflow: Overflow, index: number): void
}

export interface Execution {
  readonly state: MachineState
  readonly index: number
  readonly observer: Observer
  /** makes a fault of the instruction, to be thrown */
  readonly fault: (what: string, allowed: string) => MachineFault
  /** of a COMPUTE, once it is decoded: hazard check and execution share it */
  reads?: ComputeReads
}

/** The bytes of a DRAM access; a fault where they lie outside the region. */
export function dramBytes(
  { state, fault }: Execution,
  access: { readonly region: number; readonly address: number },
  bytes: number,
): Uint8Array {
  const region: Region = regionName(access.region)
  const memory = state.dram[region]
  const first = access.address * addressUnitBytes
  if (first + bytes > memory.length) {
    throw fault(`bytes ${first} to ${first + bytes} of region ${region}`, `the region has ${memory.length} bytes`)
  }
  return memory.subarray(first, first + bytes)
}

/** A fault unless an address of feature memory exists. */
export function checkAddress({ state, fault }: Execution, address: number, what: string): void {
  if (address < 0 || address >= state.machine.featureWords) {
    throw fault(`${what} address ${address}`, `feature memory addresses 0 to ${state.machine.featureWords - 1}`)
  }
}
