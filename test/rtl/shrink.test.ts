// A shrunk counterexample keeps the instructions that the difference needs, and few others.
import { expect, test } from 'vitest'
import { randomProgram } from '../../isa/arbitraries/program.ts'
import type { ProgramCase } from '../../isa/arbitraries/program.ts'
import { machines } from '../../isa/model/machine.ts'
import { shrunk } from './shrink.ts'

const ops = ({ program }: ProgramCase): string[] => program.instructions.map(({ op }) => op)

test('only the instructions that the difference needs are kept, between the HALTs of init and infer', async () => {
  let shown = 0
  for (let seed = 0; seed < 40; seed++) {
    const found = randomProgram(machines.tiny, seed, 5)
    const isKept = (each: ProgramCase): boolean => ops(each).includes('POOL') && ops(each).includes('LOADT')
    if (!isKept(found)) continue
    const small = await shrunk(found, async (each) => isKept(each))
    expect(ops(small).toSorted()).toEqual(['HALT', 'HALT', 'LOADT', 'POOL'])
    expect(small.program.instructions[small.program.entry.infer - 1]!.op).toBe('HALT')
    shown++
  }
  expect(shown).toBeGreaterThan(5)
})

test('the order of dependent instructions is kept', async () => {
  const found = randomProgram(machines.tiny, 3, 5)
  const last = (each: ProgramCase): boolean => ops(each).includes('LAYER') && ops(each).lastIndexOf('COMPUTE') > ops(each).indexOf('LAYER')
  expect(last(found)).toBe(true)
  expect(ops(await shrunk(found, async (each) => last(each))).filter((op) => op !== 'HALT')).toEqual(['LAYER', 'COMPUTE'])
})
