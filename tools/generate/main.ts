// Writes the generated files; with --check it writes nothing and fails naming those that are not as generated.

import { generatedFiles } from './files.ts'
import { writeGenerated } from './write.ts'

writeGenerated(generatedFiles(), process.argv.slice(2))
