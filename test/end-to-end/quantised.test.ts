// A quantised network end to end: the program finds the classes that ONNX Runtime finds.

import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { elements } from '../../base/defined.ts'
import { compile } from '../../compiler/compile.ts'
import { integerEvaluator } from '../../compiler/graph/evaluate-integer.ts'
import { tensorOf } from '../../compiler/graph/tensor.ts'
import { readOnnx } from '../../compiler/onnx/read.ts'
import { writeOnnx } from '../../compiler/onnx/write.ts'
import { simplify } from '../../compiler/passes/simplify.ts'
import { inputCodes } from '../../host/images.ts'
import { machines } from '../../isa/model/machine.ts'
import { dequantiseOutput, packTensor, unpackTensor } from '../../isa/packing.ts'
import { Simulator } from '../../simulator/simulate.ts'
import { data } from '../compiler/data.ts'
import { openModel } from '../compiler/runtime.ts'
import { hasCifar, loadCifar } from '../support/dataset.ts'
import { quantizeStatic } from '../support/static-quantiser.ts'

const trained = data('models', 'cifar10-resnet', 'resnet20.onnx')
const present = trained.present && hasCifar('test')
const note = present ? '' : ' (skipped: no trained ResNet-20 or pictures in DLP_DATA)'

it.skipIf(!present)(
  `ResNet-20 in QDQ format names the runtime’s class on 19 of 20 pictures or more${note}`,
  async () => {
    const images = (await loadCifar('test', { perClass: 3 })).map(({ data: pixels }) =>
      tensorOf('float32', pixels, [1, 3, 32, 32]),
    )
    const float = simplify(readOnnx(readFileSync(trained.path), 'resnet20'))
    const options = { format: 'QDQ', activations: 'uint8', weights: 'int8', perChannel: true } as const
    const file = writeOnnx(quantizeStatic(float, images.slice(0, 10), options))
    const { program, graph } = compile(file, { name: 'resnet20', machine: machines.edge })
    const [input] = elements(program.inputs, 1)
    const [output] = elements(program.outputs, 1)
    const evaluate = integerEvaluator(graph)
    const oracle = (codes: Int16Array): ArrayLike<number> => {
      const { logits, maps } = evaluate(codes)
      return logits ?? maps.get(graph.output)!
    }
    const model = await openModel(file)
    let same = 0
    for (const image of images.slice(10)) {
      const [expected] = elements((await model.run(new Map([[float.inputs[0]!.name, image]]))).values(), 1)
      const found = oracle(Int16Array.from(inputCodes({ kind: 'real', data: image.data }, input)))
      const real = [...dequantiseOutput(found, output)]
      if (real.indexOf(Math.max(...real)) === expected.data.indexOf(Math.max(...expected.data))) same++
    }
    await model.close()
    expect(same).toBeGreaterThanOrEqual(19)
    const simulator = new Simulator(program)
    simulator.init()
    const codes = inputCodes({ kind: 'real', data: images[0]!.data }, input)
    const run = simulator.infer({ [input.name]: packTensor(codes, input, program.machine) })
    expect(run.hazards).toEqual([])
    expect([...unpackTensor(run.outputs[output.name]!, output, program.machine)]).toEqual(
      Array.from(oracle(Int16Array.from(codes))),
    )
  },
  240_000,
)
