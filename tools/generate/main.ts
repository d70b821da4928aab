// Writes the generated files; with --check it writes nothing, and fails with the names of stale files.

import { generatedFiles } from './files.ts'
import { writeGenerated } from './write.ts'

writeGenerated(generatedFiles(), process.argv.slice(2))
