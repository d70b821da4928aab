// What no schedule mends: row groups of more beats than COMPUTE can say, and logits that the machine has no room for.
import type { LinearLayer, LogitsLayer } from '../graph/integer.ts'
import { matrixLayers, type Plan } from '../tasks/plan.ts'
import { DlpError } from '../../isa/error.ts'
import { instructions } from '../../isa/instructions.ts'
import { limitsOf, type Machine } from '../../isa/machine.ts'

/** @throws DlpError naming the layer */
export function checkLayers({ layers, machine }: Plan): void {
  for (const { layer, groups } of matrixLayers(layers)) {
    checkLogits(layer, machine)
    for (const { stream } of groups) checkBeats(layer.name, stream.beats)
  }
}

function checkBeats(layer: string, beats: number): void {
  const most = 2 ** instructions.COMPUTE.fields.beats.bits - 1
  if (beats <= most) return
  throw new DlpError({
    what: `a row group needs ${beats} beats`,
    where: `layer '${layer}'`,
    allowed: `at most ${most}`,
    help: 'use a lower density, fewer bits, or a machine with more clusters',
  })
}

function checkLogits(layer: LinearLayer | LogitsLayer, machine: Machine): void {
  const { rows } = machine
  const most = Math.floor(limitsOf(machine).logitsWords / rows) * rows
  if (layer.kind !== 'logits') return
  if (!limitsOf(machine).laneSums)
    throw new DlpError({
      what: 'it makes logits',
      where: `layer '${layer.name}'`,
      allowed: `maps: machine '${machine.name}' has no lane sums`,
      help: 'end the network in a convolution',
    })
  if (layer.bias.length <= most) return
  throw new DlpError({
    what: `it has ${layer.bias.length} logits`,
    where: `layer '${layer.name}'`,
    allowed: `at most ${most}`,
  })
}
