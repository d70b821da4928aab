// Writes the compiled kernels of the named folders, separately from the other generated files since their compiler is slow; with --check it only compares.

import { kernelFile } from './kernels.ts'
import { writeGenerated } from './write.ts'

const words = process.argv.slice(2)
const folders = words.filter((word) => !word.startsWith('--'))
writeGenerated(
  folders.map(kernelFile),
  words.filter((word) => word.startsWith('--')),
)
