// Writes test/golden/programs.txt and programs.long.txt anew: `npm run golden`, where programs are meant to change; adds the files of a new version.

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
