// Damaged models: each is refused with a DlpError, or read and simplified correctly, quickly. These are some hundreds; `npm run prove:hostile-onnx` tries ten thousand,
// in separate processes with bounded memory.

import { afterAll, expect, it } from 'vitest'
import { hostileModel } from '../../support/hostile-models.ts'
import { type Verdict, hostileFolder, judge, judgeCompiled } from '../../support/judge-model.ts'

const folder = hostileFolder()
afterAll(folder.remove)

/** Models on which the compiler failed in the past: a layer named like a property of every object. */
const foundByProof = [6696]

it('every damaged model is refused with a place and a reason, or computes the same values after simplification and as a program', () => {
  const counts: Record<Verdict, number> = { refused: 0, evaluated: 0, 'not evaluated': 0 }
  const programs = { compiled: 0, refused: 0 }
  for (const seed of [...Array.from({ length: 300 }, (_, i) => i + 1), ...foundByProof]) {
    const { bytes, damages } = hostileModel(seed)
    const start = used()
    let front = Infinity
    try {
      const judged = judge(bytes, folder.path)
      counts[judged.verdict]++
      front = used()
      // Every third model that can be evaluated is compiled to a program, whose codes are compared with the oracle's.
      const tried = judged.verdict === 'evaluated' && (seed % 3 === 0 || foundByProof.includes(seed))
      const compiled = tried ? judgeCompiled(bytes, folder.path, judged) : undefined
      if (compiled !== undefined) programs[compiled.verdict]++
      for (const message of [judged.message, compiled?.message]) {
        if (message === undefined) continue
        expect(message).toMatch(/^[^:]+: /)
        expect(message.length).toBeLessThan(4000)
      }
    } catch (error) {
      throw new Error(`seed ${seed}: ${damages.join(', ')}`, { cause: error })
    }
    expect(front - start, `seed ${seed}: ${damages.join(', ')}`).toBeLessThan(2000)
  }
  console.log(`hostile models: ${JSON.stringify({ ...counts, programs })}`)
  expect(counts.refused).toBeGreaterThan(150)
  expect(counts.evaluated).toBeGreaterThan(70)
  expect(programs.compiled).toBeGreaterThan(15)
  // Each model has a bound of processor time.
}, 240_000)

/** Milliseconds of processor time, which do not include other tests that run at the same time. */
function used(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}
