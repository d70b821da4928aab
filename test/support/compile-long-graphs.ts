// Compiles graphs of a given number of nodes for `tiny` in a separate process, and prints for each that it was compiled or why it was refused.

import { compile } from '../../compiler/compile.ts'
import { writeOnnx } from '../../compiler/onnx/write.ts'
import { DlpError } from '../../base/error.ts'
import { machines } from '../../isa/model/machine.ts'
import { longGraphs } from './long-graphs.ts'

const [count, ...names] = process.argv.slice(2)
for (const name of names) {
  try {
    compile(writeOnnx(longGraphs[name]!(Number(count))), { name: 'long', machine: machines.tiny })
    console.log(`${name}: compiled`)
  } catch (error) {
    if (!(error instanceof DlpError)) throw error
    console.log(`${name}: refused: ${error.message.replaceAll('\n', ' ').slice(0, 300)}`)
  }
}
