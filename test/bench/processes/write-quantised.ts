// Writes an example model pruned and quantised, quickly and without regard to accuracy, and calibration inputs: what the measurements work on.

import { readFileSync, writeFileSync } from 'node:fs'
import { seededImages } from '../../../compiler/calibration.ts'
import { readOnnx } from '../../../compiler/onnx/read.ts'
import { writeOnnx } from '../../../compiler/onnx/write.ts'
import { machineInterface } from '../../../compiler/passes/machine-interface.ts'
import { simplify } from '../../../compiler/passes/simplify.ts'
import { byRounding } from '../../../compiler/quantize/discrete/layer.ts'
import { quantizeAfterTraining } from '../../../compiler/quantize/discrete/post-training.ts'
import { writeNpy } from '../../../cli/io/npy.ts'
import { machines } from '../../../isa/machine.ts'

const [from, to, what, amount] = process.argv.slice(2)
const float = machineInterface(simplify(readOnnx(readFileSync(from), from)))
if (what === 'inputs') {
  const images = seededImages(float, Number(amount))
  const [, ...shape] = float.inputs[0].shape
  const data = Float32Array.from(images.flatMap((image) => [...image.data]))
  writeFileSync(to, writeNpy({ type: 'f4', shape: [images.length, ...shape], data }))
} else {
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
