// Small models, damaged: in their bytes, or in what they say, as an attacker with knowledge of the format would.

import { fromBinary, toBinary } from '@bufbuild/protobuf'
import { type ModelProto, ModelProtoSchema } from '../../compiler/onnx/generated/onnx_pb.ts'
import { random } from '../../base/random.ts'
import { everyOperator } from './every-operator.ts'
import { dynamo, flattened, tensorFlow, torchScript } from './exported-models.ts'
import { damageBytes } from './hostile-bytes.ts'
import { damages, growths } from './hostile-damages.ts'
import { type ModelText, modelOf } from './onnx-model.ts'

/** Draws for one model: numbers below a count, and one of a list. */
export interface RandomChoices {
  readonly below: (count: number) => number
  readonly one: <T>(list: readonly T[]) => T
}

export interface HostileModel {
  readonly bytes: Uint8Array
  /** what was done to it, for the report of a finding */
  readonly damages: readonly string[]
}

const texts: readonly ModelText[] = [dynamo, torchScript, tensorFlow, flattened, everyOperator]
const sound = texts.map((text) => toBinary(ModelProtoSchema, modelOf(text)))

/** The damaged model of a seed: up to two damages to what it says, of every eighth one more that makes it grow or its weights, or that alone, sometimes one to its bytes, sometimes none. */
export function hostileModel(seed: number): HostileModel {
  const draw = drawFrom(seed)
  // A copy: decoded bytes are views of what was decoded.
  const model = fromBinary(ModelProtoSchema, draw.one(sound).slice())
  const done: string[] = []
  for (let count = seed % 16 === 5 ? 0 : draw.below(3); count > 0; count--) done.push(damaged(model, draw))
  if (seed % 8 === 5) done.push(damaged(model, drawFrom(seed + 2 ** 31), growths))
  let bytes: Uint8Array = toBinary(ModelProtoSchema, model)
  if (draw.below(4) === 0) {
    const [name, result] = damageBytes(bytes, draw)
    done.push(name)
    bytes = result
  }
  return { bytes, damages: done }
}

function damaged(model: ModelProto, draw: RandomChoices, table = damages): string {
  const name = draw.one(Object.keys(table))
  table[name]!(model, draw)
  return name
}

function drawFrom(seed: number): RandomChoices {
  const uniform = random(seed)
  const below = (count: number) => Math.floor(uniform() * count)
  return { below, one: (list) => list[below(list.length)]! }
}
