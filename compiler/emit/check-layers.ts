// What no order of tasks mends: row groups of more beats than COMPUTE can say, and logits that the machine has no room for.
import type { LinearLayer, LogitsLayer } from '../graph/integer.ts'
import { CapacityError, demand } from '../capacity.ts'
import { matrixLayers, type Plan } from '../tasks/plan.ts'
import { limitsOf, type Machine } from '../../isa/model/machine.ts'

/** @param isOutline whether the row groups have at least so many beats @throws CapacityError naming the layer */
export function checkLayers({ layers, machine }: Plan, isOutline = false): void {
  for (const { layer, groups } of matrixLayers(layers)) {
    checkLogits(layer, machine)
    for (const { stream } of groups) demand('computeBeats', stream.beats, machine, `layer '${layer.name}'`, isOutline)
  }
}

function checkLogits(layer: LinearLayer | LogitsLayer, machine: Machine): void {
  if (layer.kind !== 'logits') return
  const where = `layer '${layer.name}'`
  if (!limitsOf(machine).laneSums)
    throw new CapacityError('limits', 1, {
      what: 'it makes logits',
      where,
      allowed: `maps: machine '${machine.name}' has no lane sums`,
      help: 'end the network in a convolution',
    })
  demand('logits', layer.bias.length, machine, where)
}
