// Writes an example model: `npx tsx examples/write-model.ts resnet18 [OUT.onnx] [SEED]`.

import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { DlpError } from '../base/error.ts'
import { build as buildDensenet } from './densenet/build.ts'
import { build as buildMobilenet } from './mobilenet/build.ts'
import { build as buildResnet152 } from './resnet152/build.ts'
import { build as buildResnet18 } from './resnet18/build.ts'
import { build as buildResnet20 } from './resnet20/build.ts'
import { build as buildResnet50 } from './resnet50/build.ts'
import { build as buildResnet8 } from './resnet8/build.ts'
import { build as buildSqueezenet } from './squeezenet/build.ts'

/** The example models by name. */
const builders: ReadonlyMap<string, (seed?: number) => Uint8Array> = new Map([
  ['resnet8', buildResnet8],
  ['resnet18', buildResnet18],
  ['resnet20', buildResnet20],
  ['resnet50', buildResnet50],
  ['resnet152', buildResnet152],
  ['squeezenet', buildSqueezenet],
  ['squeezenet224', (seed) => buildSqueezenet(seed, 224)],
  ['mobilenet', buildMobilenet],
  ['mobilenet224', (seed) => buildMobilenet(seed, 224)],
  ['densenet', buildDensenet],
  ['densenet224', (seed) => buildDensenet(seed, 224)],
])

try {
  const [name = '', path = `build/${name}.onnx`, seed = '1'] = process.argv.slice(2)
  const build = builders.get(name)
  if (build === undefined || !/^\d{1,9}$/.test(seed))
    throw new DlpError({
      what: `cannot build '${name}' from seed '${seed}'`,
      allowed: [...builders.keys()].join(', '),
      help: 'npx tsx examples/write-model.ts resnet18 OUT.onnx 1',
    })
  writeAtomically(path, build(Number(seed)))
  console.log(`wrote ${path}`)
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}

/** Writes a temporary file, then renames it, so that no reader gets half a file. */
function writeAtomically(path: string, bytes: Uint8Array): void {
  mkdirSync(dirname(path), { recursive: true })
  const aside = `${path}.part`
  try {
    writeFileSync(aside, bytes)
    renameSync(aside, path)
  } finally {
    rmSync(aside, { force: true })
  }
}
