// Shrinks a program on which RTL and simulator differ: instructions are removed as long as the difference remains.
import type { Processor } from '../../host/verilator/processor.ts'
import type { ProgramCase } from '../../isa/arbitraries/program.ts'
import { print } from '../../isa/assembly/print.ts'
import { DlpError } from '../../base/error.ts'
import { compare } from './processor-comparison.ts'
import type { Compared } from './processor-comparison.ts'

/** The first difference and the smallest program found that has one, as assembly text; undefined if there is none. */
export async function counterexample(
  processor: Processor,
  found: ProgramCase,
  compared: Compared = 'values and cycles',
): Promise<string | undefined> {
  const difference = async (each: ProgramCase): Promise<string | undefined> =>
    (await compare(processor, each, compared)).difference
  const first = await difference(found)
  if (first === undefined) return undefined
  const small = await shrunk(found, async (each) => {
    try {
      return (await difference(each)) !== undefined
    } catch (error) {
      // Without the removed instructions it is invalid or waits forever.
      if (error instanceof DlpError) return false
      throw error
    }
  })
  return `${first}\n${await difference(small)}, in:\n${print(small.program)}`
}

/** The program without instructions that `differs` does not need: removes ever shorter sequences, until none can be removed. */
export async function shrunk(
  found: ProgramCase,
  differs: (candidate: ProgramCase) => Promise<boolean>,
): Promise<ProgramCase> {
  let small: ProgramCase = { ...found, program: { ...found.program, layers: [] } }
  for (let size = small.program.instructions.length >> 1; size > 0;) {
    const before = small.program.instructions.length
    for (let at = before - size; at >= 0; at -= size) {
      const candidate = without(small, at, at + size)
      if (candidate !== undefined && (await differs(candidate))) small = candidate
    }
    if (small.program.instructions.length === before) size >>= 1
  }
  return small
}

/** The program without instructions `from` to `to`, but with the last HALT of init and of infer; undefined if there are no others in the range. */
function without({ program, inputs }: ProgramCase, from: number, to: number): ProgramCase | undefined {
  const { instructions, entry } = program
  const isKept = (index: number): boolean =>
    index < from || index >= to || index === entry.infer - 1 || index === instructions.length - 1
  const left = instructions.filter((_, index) => isKept(index))
  if (left.length === instructions.length) return undefined
  const infer = instructions.slice(0, entry.infer).filter((_, index) => isKept(index)).length
  return { program: { ...program, instructions: left, entry: { init: 0, infer } }, inputs }
}
