// Tensors in DRAM: the descriptors from which the host packs inputs and unpacks outputs.
import type { IntegerGraph, IntegerMap } from '../graph/integer.ts'
import { logitsBytes, mapBytes } from '../layout/dram.ts'
import type { PlacedMap } from '../placement/storage.ts'
import { slotChannels, type Machine } from '../../isa/model/machine.ts'
import type { Preprocessing, TensorDescriptor } from '../../isa/program.ts'

/** The tensors of all images of a run, one after the other, made from that of a single image. */
export const tensorsOf = (tensor: TensorDescriptor, images: number): TensorDescriptor[] =>
  images === 1
    ? [tensor]
    : Array.from({ length: images }, (_, image) => ({
        ...tensor,
        name: `${tensor.name}[${image}]`,
        offset: image * tensor.bytes,
        image,
      }))

/** Storage channels of each period that LOAD leaves empty, where it loads replicas. */
export const loadPad = ({ map, slots, period }: PlacedMap, machine: Machine): number =>
  period < slots * slotChannels(machine) ? period - map.channels : 0

/**
 * The descriptor of a placed map.
 * @param original the map before space-to-depth
 */
export function describeMap(
  original: IntegerMap,
  placed: PlacedMap,
  factor: number,
  region: 'input' | 'output',
  machine: Machine,
  preprocessing?: Preprocessing,
): TensorDescriptor {
  const { channels } = placed.map
  return {
    name: original.name,
    region,
    offset: 0,
    bytes: mapBytes(placed, machine),
    shape: [original.channels, original.height, original.width],
    layout: 'map',
    bits: original.format.bits,
    signed: original.format.signed,
    patch: [placed.patch.height, placed.patch.width],
    spaceToDepth: factor,
    storedChannels: channels,
    scale: [original.scale],
    zeroPoint: original.zeroPoint,
    ...(preprocessing === undefined ? {} : { preprocessing }),
  }
}

/** The descriptor of the graph's logits. */
export function describeLogits(graph: IntegerGraph, scale: Float64Array): TensorDescriptor {
  return {
    name: graph.output,
    region: 'output',
    offset: 0,
    bytes: logitsBytes(scale.length),
    shape: [scale.length],
    layout: 'logits',
    bits: 32,
    signed: true,
    patch: [1, 1],
    spaceToDepth: 1,
    storedChannels: scale.length,
    scale: [...scale],
    zeroPoint: 0,
  }
}
