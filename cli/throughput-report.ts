// What `dlp simulate` prints of images one after the other: images a second, and what overlaps what.

import { imagesPerRun } from '../isa/program.ts'
import type { Program } from '../isa/program.ts'
import { throughputOf } from '../simulator/throughput.ts'
import type { Throughput } from '../simulator/throughput.ts'
import { byteSize, percent, whole } from './table.ts'

type Timed = Parameters<typeof throughputOf>[1]

/** For `--json`. @param images that were run */
export function throughputJson(program: Program, run: Timed, images: number, clockMHz: number): object {
  const runs = images / imagesPerRun(program)
  return { images, runs, totalCycles: runs * run.cycles, ...throughputOf(program, run, clockMHz) }
}

/** For people. */
export function throughputFacts(
  program: Program,
  run: Timed,
  images: number,
  clockMHz: number,
): (readonly [string, string])[] {
  const found = throughputOf(program, run, clockMHz)
  const runs = images / found.imagesPerRun
  const host = (found.hostBytes.input + found.hostBytes.output) * found.imagesPerSecond
  const copies = `host copies beside computing, ${byteSize(host)}/s`
  return [
    [
      'throughput',
      `${whole(found.imagesPerSecond)} images/s, one every ${whole(found.cyclesPerImage)} cycles; ${whole(images)} in ${whole(runs * run.cycles)} cycles, ${runs === 1 ? 'one run' : `${whole(runs)} runs back to back`}`,
    ],
    ...storedFacts(found),
    [
      'overlap',
      `${copies}; of ${found.imagesPerRun === 1 ? 'an image' : 'a run'} ${whole(found.exposedCycles)} cycles at start and end (${percent(found.exposedCycles / run.cycles)}) overlap nothing`,
    ],
  ]
}

/** When the images of a run are stored, where it takes several. */
function storedFacts({ imagesPerRun: images, storedCycles }: Throughput): (readonly [string, string])[] {
  if (images === 1) return []
  const [first, last] = [storedCycles[0]!, storedCycles[images - 1]!]
  const between = (last - first) / (images - 1)
  return [
    ['a run', `${images} images: the first is stored after ${whole(first)} cycles, then one every ${whole(between)}`],
  ]
}
