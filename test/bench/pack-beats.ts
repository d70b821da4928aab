// Prints how fast beats become bytes and back: 50,000 beats of `card`, npx tsx test/bench/pack-beats.ts
import { machines } from '../../isa/model/machine.ts'
import { random } from '../../base/random.ts'
import { emptyBeats, packBeats, unpackBeats } from '../../isa/weights/beats.ts'

const machine = machines.card
const beats = 50_000
const draw = random(1)
const stream = emptyBeats(beats, machine)
stream.values.forEach((_, index) => (stream.values[index] = Math.floor(draw() * 16) - 8))
stream.selects.forEach((_, index) => (stream.selects[index] = Math.floor(draw() * machine.banks)))
stream.ids.forEach((_, index) => (stream.ids[index] = Math.floor(draw() * 256)))

const start = performance.now()
const bytes = packBeats(stream, machine)
const packed = performance.now()
unpackBeats(bytes, beats, machine)
const unpacked = performance.now()
console.log(
  `${(bytes.length / 2 ** 20).toFixed(1)} MiB: packed in ${((packed - start) / 1000).toFixed(3)} s, unpacked in ${((unpacked - packed) / 1000).toFixed(3)} s`,
)
