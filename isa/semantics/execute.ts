// The semantics of every instruction on the architectural state, in program order, without time.
import { unreachable } from '../../base/error.ts'
import type { Instruction } from '../instruction.ts'
import { refusal } from '../validate.ts'
import { executeCompute } from './compute.ts'
import type { Execution, Observer } from './execution.ts'
import { MachineFault } from './fault.ts'
import { executeLoadParameters, executeLoadTable, executeLoadWeights } from './parameters.ts'
import { executeMove, executePool, executeRepatch } from './bank-operations.ts'
import { beginRun } from './state.ts'
import type { MachineState } from './state.ts'
import { executeLoad, executeStore, executeStoreLogits } from './transfers.ts'

/**
 * Executes one instruction on the state. Semaphore masks have no effect in program order.
 * @param index of the instruction in its program, for messages
 * @throws MachineFault where the instruction breaks the machine's contract
 */
export function execute(state: MachineState, instruction: Instruction, observer: Observer = {}, index = -1): void {
  executeIn(executionOf(state, instruction, observer, index), instruction)
}

/** `execute` of the instruction for which an execution was made, on the present state. */
export function executeIn(execution: Execution, instruction: Instruction): void {
  const { state } = execution
  const refused = refusal(instruction, state.machine)
  if (refused !== undefined) throw execution.fault('an illegal instruction', refused)
  if (instruction.op === 'Illegal') return
  switch (instruction.op) {
    case 'HALT':
      return
    case 'LOAD':
      return executeLoad(execution, instruction)
    case 'STOREL':
      return executeStoreLogits(execution, instruction)
    case 'LOADW':
      return executeLoadWeights(execution, instruction)
    case 'LOADP':
      return executeLoadParameters(execution, instruction)
    case 'LOADT':
      return executeLoadTable(execution, instruction)
    case 'LAYER':
      state.layer = instruction
      state.columns = undefined
      return
    case 'COLUMNS':
      state.columns = instruction
      return
    case 'COMPUTE':
      return executeCompute(execution, instruction)
    case 'POOL':
      return executePool(execution, instruction)
    case 'MOVE':
      return executeMove(execution, instruction)
    case 'REPATCH':
      return executeRepatch(execution, instruction)
    case 'STORE':
      return executeStore(execution, instruction)
    default:
      return unreachable(instruction)
  }
}

/** What the semantics of an instruction receive. */
export const executionOf = (
  state: MachineState,
  instruction: Instruction,
  observer: Observer = {},
  index = -1,
): Execution => ({
  state,
  index,
  observer,
  fault: (what, allowed) => new MachineFault(what, allowed, instruction, index),
})

/** One run: executes instructions in program order from `first` up to and including the next HALT; returns its index. */
export function executeProgram(
  state: MachineState,
  instructions: readonly Instruction[],
  first: number,
  observer: Observer = {},
): number {
  beginRun(state)
  for (let index = first; index < instructions.length; index++) {
    const instruction = instructions[index]!
    execute(state, instruction, observer, index)
    if (instruction.op === 'HALT') return index
  }
  throw new MachineFault(
    'the program ends without HALT',
    'a HALT at the end',
    instructions[instructions.length - 1]!,
    instructions.length,
  )
}
