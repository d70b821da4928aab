// Files in the model's order of axes: an image with channels last is read in either order, an output is written in the model's order.

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { calibrationOf } from '../../../toolchain/inputs/calibration.ts'
import { writeNpy } from '../../../toolchain/files/npy.ts'
import { outputReports } from '../../../toolchain/reports/outputs.ts'
import { outputArray } from '../../../toolchain/simulation/output-array.ts'
import { runInputs } from '../../../toolchain/simulation/run-inputs.ts'
import { ignoreWarning } from '../../../toolchain/warning.ts'
import { compile } from '../../../compiler/compile.ts'
import { permuted } from '../../../compiler/graph/operators/rearrange.ts'
import { writeOnnx } from '../../../compiler/onnx/write.ts'
import { machineForm } from '../../../compiler/passes/machine-form.ts'
import { inputBytes, outputData } from '../../../host/tensors.ts'
import { machines } from '../../../isa/model/machine.ts'
import { simulate } from '../../../simulator/simulate.ts'
import { openModel } from '../../compiler/runtime.ts'
import { imagesFor, interfaceModel, inputForms, outputForms } from '../../support/interface-models.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

test('arrays are read with channels last or first, and written with channels last', async () => {
  const form = inputForms.find(({ name }) => name === 'channels last, mean and std')!
  const model = interfaceModel(
    'QDQ int8',
    form,
    outputForms.find(({ name }) => name === 'channels last')!,
  )
  const file = writeOnnx(model)
  const { program } = compile(file, { name: 'order', machine: machines.tiny, exactQdq: true })
  const [image] = imagesFor(form, 1)
  const first = permuted(image!, [0, 3, 1, 2])
  const folder = await temporaryFolder()
  const paths = ['last.npy', 'first.npy', 'both.npy'].map((name) => join(folder, name))
  const data = (tensor: typeof first) => ({
    type: 'f4' as const,
    shape: tensor.shape,
    data: Float32Array.from(tensor.data),
  })
  await writeFile(paths[0]!, writeNpy(data(image!)))
  await writeFile(paths[1]!, writeNpy(data(first)))
  const options = { program: 'order.dlp', seed: 1, codes: false }
  const codes = await Promise.all(paths.slice(0, 2).map((input) => runInputs(program, { ...options, input })))
  expect(codes[0]).toEqual(codes[1])
  await expect(
    writeFile(paths[2]!, writeNpy({ ...data(first), shape: [6, 3, 6] })).then(() =>
      runInputs(program, { ...options, input: paths[2]! }),
    ),
  ).rejects.toThrow('[6, 3, 6]; allowed: [3, 6, 6], or in the model’s own order [6, 6, 3]')
  const [calibrated] = await calibrationOf(machineForm(model), paths[0]!, undefined, 1, ignoreWarning)
  expect(calibrated!.data).toEqual(first.data)

  const session = await openModel(file)
  const [expected] = (await session.run(new Map([['x', image!]]))).values()
  await session.close()
  const { outputs } = simulate(program, inputBytes(program, { kind: 'real', data: first.data }))
  const written = outputArray(program, [outputs], false)
  expect(written.shape).toEqual([6, 6, 4])
  expect([...Array.from(written.data as Float32Array)]).toEqual([...Array.from(expected!.data)])
  const [json] = outputReports(program, outputs, undefined)
  expect(json).toMatchObject({ shape: [6, 6, 4], values: Array.from(expected!.data) })
  const [library] = outputData(program, outputs).values()
  expect(library!.shape).toEqual([6, 6, 4])
  expect(library!.values).toEqual(expected!.data)
})
