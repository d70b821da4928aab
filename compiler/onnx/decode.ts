// Decodes bytes as a protobuf message.

import { type DescMessage, type MessageShape, fromBinary } from '@bufbuild/protobuf'
import { DlpError } from '../../base/error.ts'
import { scan } from './scan.ts'

/** One protobuf message. @throws DlpError if the bytes are not one */
export function decodeMessage<Schema extends DescMessage>(
  schema: Schema,
  bytes: Uint8Array,
  name: string,
): MessageShape<Schema> {
  scan(schema, bytes, name)
  try {
    return fromBinary(schema, bytes, { readUnknownFields: false })
  } catch (error) {
    const what = `cannot be decoded: ${error instanceof Error ? error.message : String(error)}`
    throw new DlpError({ where: name, what, allowed: 'an ONNX model (protobuf)', help: 'export or download it again' })
  }
}
