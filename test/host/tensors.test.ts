// Inputs and outputs by name, to bytes and back.

import { fc, test as property } from '@fast-check/vitest'
import { describe, expect, test } from 'vitest'
import { inputBytes, outputData } from '../../host/tensors.ts'
import { program as arbitraryProgram } from '../../isa/arbitraries.ts'
import { machines } from '../../isa/model/machine.ts'
import { codeRange } from '../../base/bits.ts'
import { packTensor } from '../../isa/packing.ts'

const cases = arbitraryProgram(machines.tiny).map(({ program }) => program)

describe('the tensors of a program', () => {
  property.prop([cases, fc.integer()], { numRuns: 50 })(
    'are unpacked to the codes that were packed',
    (program, seed) => {
      const codesOf = (tensor: (typeof program.outputs)[number]): Int32Array => {
        const { low, high } = codeRange(tensor)
        const length = tensor.shape.reduce((product, size) => product * size, 1)
        return Int32Array.from({ length }, (_, at) => low + (Math.abs(seed + 7 * at) % (high - low + 1)))
      }
      const outputs = Object.fromEntries(
        program.outputs.map((tensor) => [tensor.name, packTensor(codesOf(tensor), tensor, program.machine)]),
      )
      for (const tensor of program.outputs) {
        const found = outputData(program, outputs).get(tensor.name)!
        expect(found.shape).toEqual(tensor.shape)
        expect([...found.codes]).toEqual([...codesOf(tensor)])
      }
      const inputs = new Map(program.inputs.map((each) => [each.name, { kind: 'codes', data: codesOf(each) }] as const))
      for (const tensor of program.inputs)
        expect(inputBytes(program, inputs)[tensor.name]).toEqual(packTensor(codesOf(tensor), tensor, program.machine))
    },
  )

  test('that are missing, unknown or of another size are refused by name', () => {
    const [program] = fc.sample(
      cases.filter(({ inputs, outputs }) => inputs.length > 0 && outputs.length > 0),
      {
        numRuns: 1,
        seed: 1,
      },
    )
    const { inputs, outputs } = program!
    expect(() => inputBytes(program!, new Map())).toThrow(`input '${inputs[0]!.name}' is missing`)
    const other = new Map([['other', { kind: 'codes', data: [1] } as const]])
    expect(() => inputBytes(program!, other)).toThrow("there is no input 'other'")
    expect(() => inputBytes(program!, { kind: 'codes', data: [] })).toThrow(/0 numbers|is missing/)
    expect(() => outputData(program!, {})).toThrow(`output '${outputs[0]!.name}'`)
  })
})
