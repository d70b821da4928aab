// Writes an example model pruned and quantised, quickly and without regard to accuracy, and calibration inputs: or the same with one layer changed: what the measurements work on.

import { readFileSync, writeFileSync } from 'node:fs'
import { elements } from '../../../base/defined.ts'
import { seededImages } from '../../../compiler/calibration.ts'
import type { Graph } from '../../../compiler/graph/graph.ts'
import { tensor } from '../../../compiler/graph/tensor.ts'
import { readOnnx } from '../../../compiler/onnx/read.ts'
import { writeOnnx } from '../../../compiler/onnx/write.ts'
import { machineInterface } from '../../../compiler/passes/machine-interface.ts'
import { simplify } from '../../../compiler/passes/simplify.ts'
import { byRounding } from '../../../compiler/quantize/discrete/layer.ts'
import { quantizeAfterTraining } from '../../../compiler/quantize/discrete/post-training.ts'
import { writeNpy } from '../../../toolchain/files/npy.ts'
import { machines } from '../../../isa/model/machine.ts'

const [from, to, what, amount] = elements(process.argv.slice(2), 2)
const read = readOnnx(readFileSync(from), from)
if (what === 'changed') writeFileSync(to, writeOnnx(changed(read)))
else if (what === 'inputs') {
  const float = machineInterface(simplify(read))
  const images = seededImages(float, Number(amount))
  const [, ...shape] = float.inputs[0]!.shape
  const data = Float32Array.from(images.flatMap((image) => [...image.data]))
  writeFileSync(to, writeNpy({ type: 'f4', shape: [images.length, ...shape], data }))
} else {
  const float = machineInterface(simplify(read))
  const { graph } = quantizeAfterTraining(float, {
    weights: 'int4',
    activationBits: 4,
    density: Number(amount),
    sparsity: 'scheduled',
    machine: machines.card,
    calibration: seededImages(float, 2),
    method: byRounding,
  })
  writeFileSync(to, writeOnnx(graph))
}

/** The graph with each row of its largest convolution turned round: as many weights, none where it was. */
function changed(graph: Graph): Graph {
  const kernels = [...graph.constants].filter(([, { shape }]) => shape.length === 4)
  const [name, kernel] = kernels.reduce((most, each) => (each[1].size >= most[1].size ? each : most))
  const data = kernel.data.slice()
  const perRow = kernel.size / kernel.shape[0]!
  for (let first = 0; first < data.length; first += perRow) data.subarray(first, first + perRow).reverse()
  return { ...graph, constants: new Map([...graph.constants, [name, tensor(data, kernel.shape)]]) }
}
