// Damaged models, some hundreds a day: each is refused by a DlpError or read and simplified rightly, quickly.
// Ten thousand, in processes of their own with bounded memory: npm run prove:hostile-onnx.

import { afterAll, expect, it } from 'vitest'
import { hostileModel } from '../../support/hostile-models.ts'
import { type Verdict, hostileFolder, judge } from '../../support/judge-model.ts'

const folder = hostileFolder()
afterAll(folder.remove)

it('every damaged model is refused with a place and a reason, or means the same after simplification', () => {
  const counts: Record<Verdict, number> = { refused: 0, evaluated: 0, 'not evaluated': 0 }
  for (let seed = 1; seed <= 300; seed++) {
    const { bytes, damages } = hostileModel(seed)
    const start = used()
    try {
      const { verdict, message } = judge(bytes, folder.path)
      counts[verdict]++
      if (message !== undefined) {
        expect(message).toMatch(/^[^:]+: /)
        expect(message.length).toBeLessThan(4000)
      }
    } catch (error) {
      throw new Error(`seed ${seed}: ${damages.join(', ')}`, { cause: error })
    }
    expect(used() - start, `seed ${seed}: ${damages.join(', ')}`).toBeLessThan(2000)
  }
  console.log(`hostile models: ${JSON.stringify(counts)}`)
  expect(counts.refused).toBeGreaterThan(150)
  expect(counts.evaluated).toBeGreaterThan(70)
})

/** Milliseconds of processor time: what other tests take beside this one does not count. */
function used(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}
