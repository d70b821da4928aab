// The operator sets that a model may use.

import { DlpError } from '../../base/error.ts'
import type { ModelProto } from './generated/onnx_pb.ts'

/**
 * Versions of the main domain: those for which the operators are tested, and those that are accepted with a warning.
 * Set 7 introduced today's broadcasting; before it, Add and Mul were defined differently.
 */
export const opsets = { oldest: 7, newest: 18, tried: 26 } as const

/** True for ONNX's own domain, which has two names. */
export function isMainDomain(domain: string): boolean {
  return domain === '' || domain === 'ai.onnx'
}

/** The version of the main operator set; adds a warning if it is newer than the tested ones. */
export function readOpset(model: ModelProto, name: string, warnings: string[]): number {
  const versions = model.opsetImport.filter(({ domain }) => isMainDomain(domain))
  const opset = Number(versions[0]?.version ?? 0n)
  const allowed = `ONNX operator sets ${opsets.oldest} to ${opsets.newest}`
  if (versions.length !== 1 || opset < opsets.oldest || opset > opsets.tried)
    throw new DlpError({
      where: name,
      what:
        versions.length === 1
          ? `the model uses operator set ${opset}`
          : 'the model does not declare exactly one operator set',
      allowed,
      help: `export it with opset_version=13, or convert it with onnx.version_converter`,
    })
  if (opset > opsets.newest)
    warnings.push(`operator set ${opset} is newer than ${allowed}: operators are read as in ${opsets.newest}`)
  return opset
}
