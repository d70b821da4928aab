// The trace: one line for each issue and retirement, as text that is equal for equal runs, and as JSON.
import { elementAt } from '../base/defined.ts'
import { instructionText } from '../isa/semantics/fault.ts'
import type { Instruction } from '../isa/instruction.ts'
import { instructions } from '../isa/instructions.ts'
import type { InstructionRecord } from './record.ts'

/** What of a run a trace shows. */
export interface TracedRun {
  readonly cycles: number
  readonly records: readonly InstructionRecord[]
}

export interface TraceEvent {
  readonly cycle: number
  readonly event: 'issue' | 'retire'
  readonly queue: string
  readonly index: number
  readonly instruction: string
}

/** Issues and retirements by cycle; within a cycle retirements first, then by index. */
export function traceEvents(program: readonly Instruction[], run: TracedRun): TraceEvent[] {
  const events = run.records.flatMap(({ index, issue, retire }): TraceEvent[] => {
    const instruction = elementAt(program, index)
    const queue = instruction.op === 'Illegal' ? 'control' : instructions[instruction.op].queue
    const common = { queue, index, instruction: instructionText(instruction) }
    return [
      { cycle: issue, event: 'issue', ...common },
      { cycle: retire, event: 'retire', ...common },
    ]
  })
  return events.sort((a, b) => a.cycle - b.cycle || (a.index === b.index ? 0 : rank(a) - rank(b)) || a.index - b.index)
}

/** A line an event: cycle, event, index, queue; the instruction itself at its issue. */
export function traceText(program: readonly Instruction[], run: TracedRun): string {
  const lines = traceEvents(program, run).map(({ cycle, event, queue, index, instruction }) => {
    const head = `${String(cycle).padStart(8)} ${event.padEnd(6)} ${String(index).padStart(5)} ${queue}`
    return event === 'issue' ? `${head.padEnd(32)}${instruction}` : head
  })
  return `${lines.join('\n')}\n`
}

/** The same events and all stages of every instruction as JSON. */
export function traceJson(program: readonly Instruction[], run: TracedRun): string {
  const stages = run.records.map(({ index, dispatch, issue, first, last, retire }) => ({
    index,
    instruction: instructionText(elementAt(program, index)),
    dispatch,
    issue,
    first,
    last,
    retire,
  }))
  return `${JSON.stringify({ cycles: run.cycles, instructions: stages }, null, 1)}\n`
}

const rank = ({ event }: TraceEvent): number => (event === 'retire' ? 0 : 1)
