// Bounded proofs of the small modules on which order and flow control rest; each proof must also find errors that are put in.
import { describe, expect, test } from 'vitest'
import { proofs, prove } from './formal.ts'
import { toolIsHere } from './verilator.ts'

describe.skipIf(!toolIsHere('yosys', 'yosys-smtbmc', 'z3'))('proved by yosys-smtbmc and z3', () => {
  test.each(proofs)('$name, to depth $depth: $claim', { timeout: 240_000 }, (proof) => {
    const { holds, violated } = prove(proof)
    expect({ holds, violated }).toEqual({ holds: true, violated: undefined })
  })

  const mutants = proofs.flatMap((proof) => proof.mutations.map((mutation) => ({ ...mutation, proof, name: proof.name })))
  test.each(mutants)('$name: the proof finds the error "$to"', { timeout: 240_000 }, ({ proof, from, to }) => {
    expect(prove(proof, { from, to }).holds).toBe(false)
  })
})
