// Which operator sets of a model are accepted.

import { DlpError } from '../../base/error.ts'
import type { ModelProto } from './generated/onnx_pb.ts'

/**
 * Main-domain versions: those that the operators were checked for, and those that are tried with a warning.
 * Set 7 brought today's broadcasting; before it, Add and Mul mean something else.
 */
export const opsets = { oldest: 7, newest: 18, tried: 26 } as const

/** True for ONNX's own domain, which has two spellings. */
export function isMainDomain(domain: string): boolean {
  return domain === '' || domain === 'ai.onnx'
}

/** The version of the main operator set; adds a warning where it is newer than what was checked. */
export function readOpset(model: ModelProto, name: string, warnings: string[]): number {
  const versions = model.opsetImport.filter(({ domain }) => isMainDomain(domain))
  const opset = Number(versions[0]?.version ?? 0n)
  const allowed = `ONNX operator sets ${opsets.oldest} to ${opsets.newest}`
  if (versions.length !== 1 || opset < opsets.oldest || opset > opsets.tried)
    throw new DlpError({
      where: name,
      what: versions.length === 1 ? `the model uses operator set ${opset}` : 'the model names no single operator set',
      allowed,
      help: `export it with opset_version=13, or convert it with onnx.version_converter`,
    })
  if (opset > opsets.newest)
    warnings.push(`operator set ${opset} is newer than ${allowed}: operators are read as in ${opsets.newest}`)
  return opset
}
