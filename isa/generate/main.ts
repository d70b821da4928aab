// Writes the generated files; with --check it writes nothing and fails naming those that are not as generated.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { generatedFiles } from './files.ts'

const [folder] = process.argv.slice(2).filter((argument) => !argument.startsWith('--'))
const root = folder ?? join(dirname(fileURLToPath(import.meta.url)), '..', '..')
const check = process.argv.includes('--check')

const stale = generatedFiles().filter(({ path, text }) => {
  const place = join(root, path)
  return !existsSync(place) || readFileSync(place, 'utf8') !== text
})
for (const { path, text } of stale) {
  console.log(check ? `stale: ${path}` : `wrote ${path}`)
  if (check) continue
  mkdirSync(dirname(join(root, path)), { recursive: true })
  writeFileSync(join(root, path), text)
}
if (stale.length === 0) console.log('generated files are fresh')
if (check && stale.length > 0) process.exit(1)
