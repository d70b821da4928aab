// Refuses layers that no order of tasks makes fit: row groups of more beats than COMPUTE can state or the weight memory holds, and too many logits.
import type { LinearLayer, LogitsLayer } from '../graph/integer.ts'
import { checkCapacity, firstRefusal, type Refusal, capacityRefusal } from '../refusal.ts'
import type { MatrixLayer } from '../schedule/layers.ts'
import { matrixLayers, type Plan } from '../tasks/plan.ts'
import { limitsOf, type Machine } from '../../isa/model/machine.ts'

/** Refuses the first such layer, by name. @param isOutline whether the beats of the row groups are lower bounds */
export function checkLayers({ layers, machine }: Plan, isOutline = false): Refusal | undefined {
  const matrices = matrixLayers(layers)
  const checkGroups = ({ layer, groups }: MatrixLayer, capacity: 'computeBeats' | 'groupBeats') =>
    firstRefusal(groups, ({ stream }) =>
      checkCapacity(capacity, stream.beats, machine, `layer '${layer.name}'`, isOutline),
    )
  return (
    firstRefusal(matrices, (each) => checkLogits(each.layer, machine) ?? checkGroups(each, 'computeBeats')) ??
    firstRefusal(matrices, (each) => checkGroups(each, 'groupBeats'))
  )
}

function checkLogits(layer: LinearLayer | LogitsLayer, machine: Machine): Refusal | undefined {
  if (layer.kind !== 'logits') return undefined
  const where = `layer '${layer.name}'`
  if (!limitsOf(machine).laneSums)
    return capacityRefusal('limits', 1, {
      what: 'it makes logits',
      where,
      allowed: `maps: machine '${machine.name}' has no lane sums`,
      help: 'end the network in a convolution',
    })
  return checkCapacity('logits', layer.bias.length, machine, where)
}
