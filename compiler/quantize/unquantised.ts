// The refusal of models that are quantised in part.

import { DlpError } from '../../base/error.ts'

/** An error about a value that a layer has to store without knowing its scale. */
export function unquantised(name: string): DlpError {
  return new DlpError({
    where: `value '${name}'`,
    what: 'parts of the model are quantised, but this value, which has to be stored as a map, is not',
    allowed: 'a quantiser after the input and after every layer, so that every map has a scale',
    help: 'quantise the whole model, or export it in float and let dlp quantise it',
  })
}
