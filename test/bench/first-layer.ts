// Prints the beats of a first layer whose image is stored in replicas, as ResNet's on `card`: npx tsx test/bench/first-layer.ts
import type { LinearSource } from '../../compiler/graph/integer.ts'
import { orThrow } from '../../compiler/refusal.ts'
import { jobOf, scheduleRows } from '../../compiler/schedule/layer.ts'
import { machines } from '../../isa/model/machine.ts'
import { random } from '../../base/random.ts'
import { placeAt } from '../compiler/lower/placed.ts'
import { layerOf, mapOf } from '../compiler/lower/sources.ts'

const machine = machines.card
const side = 7
const colours = 3

/** A 7×7 window of stride 2 on the image folded to 12 channels, with `kept` weights in every row, drawn at random. */
function folded(kept: number, seed: number): LinearSource {
  const uniform = random(seed)
  const half = (side + 1) / 2
  const available: number[] = []
  for (let sub = 0; sub < 4; sub++)
    for (let colour = 0; colour < colours; colour++)
      for (let y = 0; y < half; y++)
        for (let x = 0; x < half; x++) {
          const [fullY, fullX] = [2 * y + (sub >> 1) - 1, 2 * x + (sub & 1) - 1]
          if (Math.min(fullY, fullX) >= 0) available.push(((sub * colours + colour) * half + y) * half + x)
        }
  const rowStart = new Int32Array(machine.rows + 1)
  const column: number[] = []
  for (let row = 0; row < machine.rows; row++) {
    const order = available.map((each) => ({ each, key: uniform() })).sort((a, b) => a.key - b.key)
    column.push(
      ...order
        .slice(0, kept)
        .map(({ each }) => each)
        .sort((a, b) => a - b),
    )
    rowStart[row + 1] = column.length
  }
  const weights = {
    rows: machine.rows,
    columns: 4 * colours * half * half,
    rowStart,
    column: Int32Array.from(column),
    value: new Int32Array(column.length).fill(3),
  }
  return { map: 'image', role: 'main', kernel: [half, half], stride: [1, 1], pads: [2, 2], dilation: [1, 1], weights }
}

console.log('| weights a row | bound | beats of ten draws | ms a draw |\n| --- | --- | --- | --- |')
for (const kept of [30, 44, 50, 58, 59, 60, 73, 88, 147]) {
  const image = mapOf('image', [12, 112, 112])
  const maps = new Map([['image', placeAt(image, 0, machine, true)]])
  const start = performance.now()
  const groups = Array.from({ length: 10 }, (_, seed) => {
    const layer = layerOf('conv1', [folded(kept, seed + 1)], mapOf('output', [machine.rows, 112, 112]))
    return scheduleRows(orThrow(jobOf(layer, maps, machine, seed)), 0)
  })
  const milliseconds = ((performance.now() - start) / groups.length).toFixed(0)
  console.log(
    `| ${kept} | ${groups.map(({ boundBeats }) => boundBeats).join(' ')} | ${groups.map(({ stream }) => stream.beats).join(' ')} | ${milliseconds} |`,
  )
}
