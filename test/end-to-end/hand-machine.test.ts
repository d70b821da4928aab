// A machine of unusual sizes, from a JSON file: programs for it compute what the oracle computes.

import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { elements } from '../../base/defined.ts'
import { compile } from '../../compiler/compile.ts'
import { evaluateInteger } from '../../compiler/graph/evaluate-integer.ts'
import { build } from '../../examples/resnet20/build.ts'
import { inputCodes, seededInput } from '../../host/images.ts'
import { readProgram } from '../../isa/container/read.ts'
import { verifyProgram } from '../../isa/container/verify.ts'
import { writeProgram } from '../../isa/container/write.ts'
import { parseMachine } from '../../isa/model/machine-file.ts'
import { runSimulator } from '../support/run-simulator.ts'

const machine = parseMachine(
  readFileSync(new URL('hand-machine.json', import.meta.url), 'utf8'),
  'test/end-to-end/hand-machine.json',
)

test.each([
  { weightBits: 8, activationBits: 8, density: 1 },
  { weightBits: 4, activationBits: 4, density: 0.25 },
] as const)(
  'the example ResNet-20 on 5×5 lanes, 24 rows, 3 clusters and 4 banks gives every logit of the oracle: $weightBits-bit weights, $activationBits-bit activations, density $density',
  (settings) => {
    const { program, graph } = compile(build(), { name: 'resnet20', machine, ...settings })
    const read = readProgram(writeProgram(program), 'resnet20.dlp', machine)
    expect(verifyProgram(read)).toEqual([])
    const [input] = elements(read.inputs, 1)
    const codes = Int16Array.from(inputCodes(seededInput(input, 1), input))
    const { logits } = evaluateInteger(graph, codes)
    expect(new Set(logits).size).toBe(10)
    expect(runSimulator(read, codes).codes).toEqual(logits)
  },
)
