// Writes the compiled kernels, apart from the other generated files since their compiler is slow; with --check it only looks.

import { kernelModule, kernelModulePath } from './kernels.ts'
import { writeGenerated } from './write.ts'

writeGenerated([{ path: kernelModulePath, text: kernelModule() }], process.argv.slice(2))
