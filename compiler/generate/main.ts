// Writes the generated files of the compiler; with --check it only names those that are not as generated, and fails.

import { writeGenerated } from '../../isa/generate/write.ts'
import { generatedFiles } from './files.ts'

writeGenerated(generatedFiles(), process.argv.slice(2))
