// A compiled program, whole and damaged in a thousand ways, checked by `dlp verify`.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { compile } from '../../compiler/compile.ts'
import { build } from '../../examples/resnet8/build.ts'
import { writeProgram } from '../../isa/container/write.ts'
import { machines } from '../../isa/model/machine.ts'
import { random } from '../../base/random.ts'
import { runDlp } from '../cli/run-dlp.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const { program } = compile(build(), { name: 'resnet8', machine: machines.edge, density: 0.25 })
const whole = writeProgram(program)

/** The file with a flipped bit, cut, extended, or a stretch overwritten: what depends on the seed alone. */
function damaged(seed: number): Uint8Array {
  const uniform = random(seed)
  const below = (limit: number): number => Math.floor(uniform() * limit)
  // Half of the damage goes to the header and the metadata, which a uniform choice would hardly touch.
  const place = (): number => below(uniform() < 0.5 ? Math.min(4096, whole.length) : whole.length)
  const copy = whole.slice()
  switch (seed % 4) {
    case 0:
      copy[place()]! ^= 1 << below(8)
      return copy
    case 1:
      return copy.subarray(0, place())
    case 2:
      return Uint8Array.from([...copy, ...Array.from({ length: 1 + below(600) }, () => below(256))])
    default: {
      const at = place()
      const length = 1 + below(16)
      for (let i = at; i < Math.min(at + length, copy.length); i++) copy[i]! ^= 1 + below(255)
      return copy
    }
  }
}

describe('dlp verify', () => {
  test('accepts a compiled program and refuses 1,000 damaged copies, each with one message', async () => {
    const folder = await temporaryFolder()
    const path = join(folder, 'p.dlp')
    await writeFile(path, whole)
    expect(await runDlp('verify', path)).toMatchObject({ exitCode: 0 })
    for (let seed = 0; seed < 1000; seed++) {
      await writeFile(path, damaged(seed))
      const { exitCode, err } = await runDlp('verify', path)
      expect({ seed, exitCode, message: err }).toEqual({
        seed,
        exitCode: 1,
        message: expect.stringMatching(/^dlp: .+\n$/),
      })
    }
  })
})
