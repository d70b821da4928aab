// Bundles the command into few files: dist/cli becomes dlp.js and the chunks that its subcommands share, and each worker thread's module becomes one file.
// They contain our modules and the libraries'. Opening each of seven hundred files separately would delay the start of a process by a quarter of a second.

import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'

/** Modules of worker threads. */
const workers = ['evaluation/worker', 'compilation/schedule-worker', 'simulation/worker'].map(
  (name) => `toolchain/${name}`,
)

/** Not bundled: its native library must stay in its own package. */
const external = ['sharp']

/** Bundled CommonJS libraries load Node's modules by `require`. */
const banner =
  "import { createRequire as dlpCreateRequire } from 'node:module'; const require = dlpCreateRequire(import.meta.url);"

/** @param {string} root the project's folder, in which dist/ holds what the TypeScript compiler wrote */
export async function bundle(root) {
  const dist = join(root, 'dist')
  const { codeDigest } = await import(pathToFileURL(join(dist, 'toolchain', 'cache', 'code-digest.js')).href)
  const bundleOf = (name) =>
    build({
      absWorkingDir: root,
      entryPoints: [`dist/${name}.js`],
      outbase: 'dist',
      outdir: 'dist',
      // In the folder of dlp.js, so that paths relative to a module stay valid.
      chunkNames: 'cli/[name]-[hash]',
      bundle: true,
      // The command is split, to load only what a subcommand needs. A worker is one file: chunks shared with the command would be many small files for both.
      splitting: name === 'cli/dlp',
      write: false,
      metafile: true,
      sourcemap: true,
      format: 'esm',
      platform: 'node',
      target: 'node20',
      external,
      banner: { js: banner },
      define: { DLP_CODE_DIGEST: JSON.stringify(codeDigest()) },
      logLevel: 'warning',
    })
  const bundles = await Promise.all([...workers, 'cli/dlp'].map(bundleOf))
  rmSync(join(dist, 'cli'), { recursive: true })
  for (const { path, contents } of bundles.flatMap(({ outputFiles }) => outputFiles)) {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, contents)
  }
  writeFileSync(
    join(dist, 'cli', 'LICENSES.txt'),
    licensesOf(
      root,
      bundles.flatMap(({ metafile }) => Object.keys(metafile.inputs)),
    ),
  )
}

/** The licences of the bundled libraries. */
function licensesOf(root, inputs) {
  const folderOf = /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/
  const packages = new Set(
    inputs.toSorted((a, b) => (a < b ? -1 : 1)).flatMap((path) => folderOf.exec(path)?.[0] ?? []),
  )
  const texts = [...packages].map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'))
    const file = readdirSync(join(root, folder)).find((each) => /^licen[cs]e/i.test(each))
    const text = file === undefined ? '' : readFileSync(join(root, folder, file), 'utf8').trim()
    return `${name} ${version} (${license})\n\n${text}\n`
  })
  return `The files in this folder, and the modules of worker threads (${workers.map((name) => `${name}.js`).join(', ')}), contain parts of these libraries.\n\n${texts.join('\n' + '-'.repeat(80) + '\n')}`
}
