// Damage to the bytes of a file: flipped bits, cuts, repeats, noise, and enlarged sizes.

import type { RandomChoices } from './hostile-models.ts'

type Damage = (bytes: Uint8Array, draw: RandomChoices) => Uint8Array

const damages: Readonly<Record<string, Damage>> = {
  'bytes flipped': (bytes, { below }) => {
    const flipped = bytes.slice()
    for (let count = 1 + below(6); count > 0; count--) flipped[below(bytes.length)]! ^= 1 + below(255)
    return flipped
  },
  'cut off': (bytes, { below }) => bytes.subarray(0, below(bytes.length)),
  'a part cut out': (bytes, { below }) => spliced(bytes, below(bytes.length), below(60), new Uint8Array()),
  'a part repeated': (bytes, { below }) => {
    const [at, length] = [below(bytes.length), 1 + below(200)]
    return spliced(bytes, at, 0, bytes.slice(at, at + length))
  },
  'noise within': (bytes, { below }) =>
    spliced(
      bytes,
      below(bytes.length),
      below(20),
      Uint8Array.from({ length: below(20) }, () => below(256)),
    ),
  'a size blown up': (bytes, { below, one }) =>
    spliced(
      bytes,
      below(bytes.length),
      1,
      one([Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0x07), new Uint8Array(9).fill(0xff), Uint8Array.of(0x80, 0x80, 0x01)]),
    ),
  'noise only': (_, { below }) => Uint8Array.from({ length: below(300) }, () => below(256)),
}

/** The damaged bytes, with the name of the damage. */
export function damageBytes(bytes: Uint8Array, draw: RandomChoices): readonly [string, Uint8Array] {
  const name = draw.one(Object.keys(damages))
  return [name, damages[name]!(bytes, draw)]
}

function spliced(bytes: Uint8Array, at: number, length: number, by: Uint8Array): Uint8Array {
  return new Uint8Array([...bytes.subarray(0, at), ...by, ...bytes.subarray(at + length)])
}
