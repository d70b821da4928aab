// Which operator sets of a model are accepted.

import { DlpError } from '../../isa/error.ts'
import type { ModelProto } from './generated/onnx_pb.ts'

/** Main-domain versions: those that the operators were checked for, and those that are tried with a warning. */
export const opsets = { oldest: 11, newest: 18, tried: 25 } as const

/** The version of the main operator set; adds a warning where it is newer than what was checked. */
export function readOpset(model: ModelProto, name: string, warnings: string[]): number {
  const versions = model.opsetImport.filter(({ domain }) => domain === '' || domain === 'ai.onnx')
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
