// Prints what `elementAt` costs in a loop: nanoseconds per read of `list[i]!` and of `elementAt(list, i)` for five kinds of arrays, npx tsx test/bench/element-access.ts
//
// V8 compiles a read for the kinds of arrays recorded at that place of the source, for at most four; for more it calls a general routine.
// Every loop is therefore written out for one kind. `elementAt` has one read for all callers, so it reads all five kinds before it is measured.

import { elementAt } from '../../base/defined.ts'
import { random } from '../../base/random.ts'

/** Elements of a list, few enough for the first-level cache; passes over it in a run; runs, of which the median is printed. */
const [length, passes, runs] = [512, 8000, 15]

interface Item {
  readonly value: number
}

const draw = random(1)
const values = Array.from({ length }, () => Math.floor(draw() * 200) - 100)
const bytes = Int8Array.from(values)
const words = Int32Array.from(values)
const doubles = Float64Array.from(values)
const numbers = values.slice()
const objects = values.map((value): Item => ({ value }))

function bytesDirectly(): number {
  let sum = 0
  for (let i = 0; i < bytes.length; i++) sum += bytes[i]!
  return sum
}

function bytesChecked(): number {
  let sum = 0
  for (let i = 0; i < bytes.length; i++) sum += elementAt(bytes, i)
  return sum
}

function wordsDirectly(): number {
  let sum = 0
  for (let i = 0; i < words.length; i++) sum += words[i]!
  return sum
}

function wordsChecked(): number {
  let sum = 0
  for (let i = 0; i < words.length; i++) sum += elementAt(words, i)
  return sum
}

function doublesDirectly(): number {
  let sum = 0
  for (let i = 0; i < doubles.length; i++) sum += doubles[i]!
  return sum
}

function doublesChecked(): number {
  let sum = 0
  for (let i = 0; i < doubles.length; i++) sum += elementAt(doubles, i)
  return sum
}

function numbersDirectly(): number {
  let sum = 0
  for (let i = 0; i < numbers.length; i++) sum += numbers[i]!
  return sum
}

function numbersChecked(): number {
  let sum = 0
  for (let i = 0; i < numbers.length; i++) sum += elementAt(numbers, i)
  return sum
}

function objectsDirectly(): number {
  let sum = 0
  for (let i = 0; i < objects.length; i++) sum += objects[i]!.value
  return sum
}

function objectsChecked(): number {
  let sum = 0
  for (let i = 0; i < objects.length; i++) sum += elementAt(objects, i).value
  return sum
}

const kinds = [
  { kind: 'Int8Array', directly: bytesDirectly, checked: bytesChecked },
  { kind: 'Int32Array', directly: wordsDirectly, checked: wordsChecked },
  { kind: 'Float64Array', directly: doublesDirectly, checked: doublesChecked },
  { kind: 'number[]', directly: numbersDirectly, checked: numbersChecked },
  { kind: 'object[]', directly: objectsDirectly, checked: objectsChecked },
]

const expected = values.reduce((sum, value) => sum + value, 0)

// `elementAt` reads every kind first: a loop that is compiled earlier holds a copy of it for one kind alone, which costs next to nothing.
const lists: readonly ArrayLike<number | Item>[] = [bytes, words, doubles, numbers, objects]
for (let at = 0; at < length; at++) for (const list of lists) elementAt(list, at)
// Then every loop runs until it is optimised.
for (let round = 0; round < 3; round++)
  for (const { directly, checked } of kinds) for (const loop of [directly, checked]) nanosecondsPerRead(loop)

console.log('ns per read   list[i]!  elementAt  ratio')
for (const { kind, directly, checked } of kinds) {
  const times = Array.from({ length: runs }, () => [nanosecondsPerRead(directly), nanosecondsPerRead(checked)] as const)
  const plain = median(times.map(([time]) => time))
  const through = median(times.map(([, time]) => time))
  console.log(
    `${kind.padEnd(12)} ${plain.toFixed(2).padStart(9)} ${through.toFixed(2).padStart(10)} ${(through / plain).toFixed(1).padStart(6)}`,
  )
}

/** One run of a loop; every sum is compared, so that the compiler must keep every read. */
function nanosecondsPerRead(loop: () => number): number {
  const start = performance.now()
  for (let pass = 0; pass < passes; pass++) if (loop() !== expected) throw new Error(`${loop.name} sums up wrongly`)
  return ((performance.now() - start) * 1e6) / (passes * length)
}

function median(times: readonly number[]): number {
  return times.toSorted((a, b) => a - b)[times.length >> 1]!
}
