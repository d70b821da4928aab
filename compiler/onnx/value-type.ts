// Declared types of inputs and outputs: static extents; symbolic ones get a value or are refused.

import { elementAt } from '../../base/defined.ts'
import { DlpError } from '../../base/error.ts'
import type { Value } from '../graph/graph.ts'
import type { ValueType } from '../graph/tensor.ts'
import { dataType, dataTypeNames } from './data-types.ts'
import type { TensorShapeProto_Dimension, ValueInfoProto } from './generated/onnx_pb.ts'
import { checkedShape } from './tensor-data.ts'

/** A graph input. An unknown first extent is the batch and becomes 1, with a warning; any other unknown extent is refused. */
export function readInput(proto: ValueInfoProto, name: string, warnings: string[]): Value {
  const where = `${name}, input '${proto.name}'`
  const type = proto.type?.value
  if (type?.case !== 'tensorType' || type.value.shape === undefined)
    throw new DlpError({ where, what: 'it is not a tensor of known rank', allowed: 'a tensor with a shape' })
  const { elemType, shape } = type.value
  const element = dataType(elemType)
  if (element === undefined) throw new DlpError({ where, what: `its type is ${elemType}`, allowed: dataTypeNames })
  const extents = shape.dim.map((dimension, axis) => {
    const extent = extentOf(dimension)
    if (extent !== undefined) return extent
    const symbol = dimension.value.case === 'dimParam' ? `'${dimension.value.value}'` : 'unknown'
    if (axis === 0) {
      warnings.push(`input '${proto.name}': the batch extent is ${symbol} and was taken as 1`)
      return 1n
    }
    throw new DlpError({
      where,
      what: `the extent of axis ${axis} is ${symbol}`,
      allowed: 'static extents; only the first may be symbolic',
      help: 'export the model with a fixed input size (without dynamic_axes)',
    })
  })
  return { name: proto.name, elementType: element.elementType, shape: checkedShape(extents, where) }
}

/** True if a declared type contradicts the inferred one. */
export function contradicts(proto: ValueInfoProto, { elementType, shape }: ValueType): boolean {
  const type = proto.type?.value
  if (type?.case !== 'tensorType') return false
  const { elemType, shape: declared } = type.value
  if (elemType !== 0 && dataType(elemType)?.elementType !== elementType) return true
  if (declared === undefined) return false
  if (declared.dim.length !== shape.length) return true
  return declared.dim.some((dimension, axis) => {
    const extent = extentOf(dimension)
    return extent !== undefined && extent !== BigInt(elementAt(shape, axis))
  })
}

/** The extent; undefined if it is symbolic, or not positive as some exporters write it. */
function extentOf({ value }: TensorShapeProto_Dimension): bigint | undefined {
  return value.case === 'dimValue' && value.value > 0n ? value.value : undefined
}
