// The bytes of programs stay what they were: `npm run golden` writes programs.txt anew where they are meant to change.

import { describe, expect, test } from 'vitest'
import { everydayNetworks, goldenLines } from '../support/golden-programs.ts'
import { textOf } from '../support/source-files.ts'

describe('programs', () => {
  const golden = textOf('test/golden/programs.txt').trimEnd().split('\n')
  const linesOf = (name: string, machine: string): string[] => golden.filter((line) => line.startsWith(`${name} | ${machine} |`))

  test('of the list are those of the file', () => {
    const heads = everydayNetworks.map(({ name, machine }) => `${name} | ${machine.name}`)
    expect([...new Set(golden.map((line) => line.split(' | ').slice(0, 2).join(' | ')))]).toEqual([...new Set(heads)])
  })

  test.each(everydayNetworks)('$name on $machine.name keeps its bytes', (network) => {
    expect(goldenLines(network)).toEqual(linesOf(network.name, network.machine.name))
  })
})
