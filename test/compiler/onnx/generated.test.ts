// The generated file is up to date with the description of the format.

import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'

it('onnx_pb.ts is fresh', () => {
  const folder = mkdtempSync(join(tmpdir(), 'dlp-onnx-'))
  try {
    const buf = ['generate', 'compiler/onnx', '--template', 'compiler/onnx/buf.gen.yaml', '--output', folder]
    execFileSync(join('node_modules', '.bin', 'buf'), buf, { stdio: 'pipe' })
    const [fresh, checkedIn] = [folder, 'compiler/onnx/generated'].map((at) =>
      readFileSync(join(at, 'onnx_pb.ts'), 'utf8'),
    )
    expect(checkedIn).toBe(fresh)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
