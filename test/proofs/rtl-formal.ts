// `npm run rtl:formal`: runs the bounded proofs of rtl/formal and prints for each its depth, time and the mutation that it notices.
import { proofs, prove } from '../rtl/formal.ts'
import { toolIsHere } from '../rtl/verilator.ts'

if (!toolIsHere('yosys', 'yosys-smtbmc', 'z3')) {
  console.error('the proofs need yosys and z3; on Debian: apt-get install yosys z3')
  process.exit(1)
}
let failures = 0
for (const proof of proofs) {
  const outcome = prove(proof)
  const mutants = proof.mutations.map((mutation) => ({ ...mutation, noticed: !prove(proof, mutation).holds }))
  const good = outcome.holds && mutants.every(({ noticed }) => noticed)
  if (!good) failures++
  console.log(
    `${good ? 'proved' : 'FAILED'}  ${proof.name} (${proof.module}), depth ${proof.depth}, ${outcome.seconds.toFixed(1)} s: ${proof.claim}`,
  )
  if (!outcome.holds) console.log(`        ${outcome.violated ?? outcome.output}`)
  for (const { to, noticed } of mutants)
    console.log(`        with "${to.replaceAll(/\s+/g, ' ')}": ${noticed ? 'noticed' : 'not noticed'}`)
}
console.log(failures === 0 ? `${proofs.length} proofs hold` : `${failures} of ${proofs.length} proofs fail`)
process.exit(failures === 0 ? 0 : 1)
