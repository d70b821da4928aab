// The bytes of programs stay what they were: `npm run golden` writes programs.long.txt anew where they are meant to change.

import { describe, expect, test } from 'vitest'
import { longNetworks, goldenLines } from '../support/golden-programs.ts'
import { textOf } from '../support/source-files.ts'

describe('large programs', () => {
  const golden = textOf('test/golden/programs.long.txt').trimEnd().split('\n')
  const linesOf = (name: string, machine: string): string[] => golden.filter((line) => line.startsWith(`${name} | ${machine} |`))

  test('of the list are those of the file', () => {
    const heads = longNetworks.map(({ name, machine }) => `${name} | ${machine.name}`)
    expect([...new Set(golden.map((line) => line.split(' | ').slice(0, 2).join(' | ')))]).toEqual([...new Set(heads)])
  })

  test.each(longNetworks)('$name on $machine.name keeps its bytes', (network) => {
    expect(goldenLines(network)).toEqual(linesOf(network.name, network.machine.name))
  })
})
