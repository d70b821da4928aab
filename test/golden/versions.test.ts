// A program file of any version either runs as on the day it was written, to the cycle, or is refused with what to do. Nothing of what a
// version means changes without its number: raise it in isa/versions.ts, then `npm run golden` adds the new version's files.

import { describe, expect, test } from 'vitest'
import { readProgram } from '../../isa/container/read.ts'
import { writeProgram } from '../../isa/container/write.ts'
import { DlpError } from '../../base/error.ts'
import { instructions } from '../../isa/instructions.ts'
import { isaVersionWord, versionsOfWords } from '../../isa/registers.ts'
import { checkVersions, currentVersions, mostVersion } from '../../isa/versions.ts'
import { encodingLine, encodingLines, goldenFiles, isOurs, lineOf, recordedTiming, timingLines } from '../support/golden-versions.ts'

const files = goldenFiles()

describe('program files of every version', () => {
  test('there are some of this one, with every instruction, and of one that is refused', () => {
    const ours = files.filter(({ bytes }) => isOurs(bytes))
    const used = ours.flatMap(({ bytes, name }) => readProgram(bytes, name).instructions.map(({ op }) => op))
    expect(new Set(used)).toEqual(new Set(Object.keys(instructions)))
    expect(files.length).toBeGreaterThan(ours.length)
  })

  test.each(files)('$name', ({ name, bytes, line }) => {
    const run = (): string => {
      const program = readProgram(bytes, name)
      return lineOf(name.split('/')[1]!, program)
    }
    if (isOurs(bytes)) {
      expect(run()).toBe(line)
      expect(Buffer.compare(writeProgram(readProgram(bytes, name)), bytes)).toBe(0)
    } else {
      expect(run).toThrow(DlpError)
      expect(run).toThrow(/; allowed:? .*(compile the model again|update dlp)/)
    }
  })
})

describe('what a version means stays', () => {
  test('the encoding of this ISA version', () => {
    expect(encodingLines().filter((line) => line.startsWith(`isa ${currentVersions.isa} | `))).toEqual([encodingLine()])
  })

  test('the constants of this timing version', () => {
    expect(timingLines().toSorted()).toEqual(recordedTiming().toSorted())
  })
})

test('the registers carry them', () => {
  const some = { isa: 7, oldestIsa: mostVersion, timing: 3 }
  expect(versionsOfWords(isaVersionWord(some), 3)).toEqual(some)
})

describe('a program for other versions is refused with what to do', () => {
  const owner = { isa: 5, oldestIsa: 3, timing: 4, name: 'the card', update: 'load the newer bitstream' }
  test.each([
    [{ isa: 6, timing: 4 }, 'needs ISA version 6', 'load the newer bitstream, or compile the model again'],
    [{ isa: 2, timing: 4 }, 'needs ISA version 2', 'compile the model again with this dlp'],
    [{ isa: 4, timing: 5 }, 'was made for timing version 5', 'load the newer bitstream, or compile the model again'],
    [{ isa: 4, timing: 3 }, 'was made for timing version 3', 'compile the model again with this dlp'],
  ])('%o', (versions, what, help) => {
    const check = (): void => checkVersions(versions, 'p.dlp', owner)
    expect(check).toThrow(what)
    expect(check).toThrow(help)
  })

  test.each([3, 4, 5])('not for ISA version %i', (isa) => {
    checkVersions({ isa, timing: 4 }, 'p.dlp', owner)
  })
})
