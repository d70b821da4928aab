// The errors of the fuser: a node that no layer can hold, and a model of which only parts are quantised.

import { DlpError } from '../../base/error.ts'
import type { Node } from '../graph/graph.ts'
import type { LoweringConstraint } from './lowering-constraints.ts'

/** An error that quotes one of the operator's lowering constraints. */
export function loweringError(node: Node, what: string, allowed: LoweringConstraint, help?: string): DlpError {
  return new DlpError({
    where: `node '${node.name}' (${node.op})`,
    what,
    allowed,
    help: help ?? 'change the model before its export',
  })
}

/** An error about a node of a quantised model. */
export function quantisedModelError({ name, op }: Node, what: string, allowed: string, help: string): DlpError {
  return new DlpError({ where: `node '${name}' (${op})`, what, allowed, help })
}

/** An error about a value of a quantised model that must be stored as a map although it has no scale. */
export function unquantisedError(name: string): DlpError {
  return new DlpError({
    where: `value '${name}'`,
    what: 'parts of the model are quantised, but this value, which has to be stored as a map, is not',
    allowed: 'a quantiser after the input and after every layer, so that every map has a scale',
    help: 'quantise the whole model, or export it in float and let dlp quantise it',
  })
}
