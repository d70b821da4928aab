// The script that writes example models.

import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { build } from '../../examples/resnet8/build.ts'

const folder = mkdtempSync(join(tmpdir(), 'dlp-write-model-'))
const script = ['--import', 'tsx', 'examples/write-model.ts']

afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('write-model', () => {
  it('writes the bytes of the model and leaves nothing beside it', () => {
    const path = join(folder, 'models', 'resnet8.onnx')
    execFileSync(process.execPath, [...script, 'resnet8', path, '3'])
    expect(readdirSync(join(folder, 'models'))).toEqual(['resnet8.onnx'])
    expect(Buffer.compare(readFileSync(path), build(3))).toBe(0)
  })

  it('lists the models when another one is requested', () => {
    const result = spawnSync(process.execPath, [...script, 'resnet9'], { encoding: 'utf8' })
    expect(result.status).toBe(1)
    expect(result.stderr).toContain('allowed: resnet8, resnet18, resnet20')
  })
})
