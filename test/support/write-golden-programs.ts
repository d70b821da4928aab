// Rewrites test/golden/programs.txt and programs.long.txt and adds the files of a new version: `npm run golden`, for intended changes of programs.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { everydayNetworks, goldenLines, longNetworks } from './golden-programs.ts'
import { addGoldenVersions } from './golden-versions.ts'
import { root } from './source-files.ts'

for (const [name, networks] of [
  ['programs', everydayNetworks],
  ['programs.long', longNetworks],
] as const)
  writeFileSync(join(root, 'test/golden', `${name}.txt`), `${networks.flatMap(goldenLines).join('\n')}\n`)
addGoldenVersions()
