// The text of the throughput: images a second, and what overlaps with computing.

import { elementAt } from '../../base/defined.ts'
import type { SimulatorReport } from '../../toolchain/reports/simulation-schema.ts'
import { byteSize, percent, whole } from './table.ts'

export function throughputFacts({
  cycles,
  throughput,
}: Pick<SimulatorReport, 'cycles' | 'throughput'>): (readonly [string, string])[] {
  const { images, runs, totalCycles, imagesPerRun, imagesPerSecond, cyclesPerImage, exposedCycles } = throughput
  const host = (throughput.hostBytes.input + throughput.hostBytes.output) * imagesPerSecond
  const transfers = `host transfers while computing, ${byteSize(host)}/s`
  return [
    [
      'throughput',
      `${whole(imagesPerSecond)} images/s, one every ${whole(cyclesPerImage)} cycles; ${whole(images)} in ${whole(totalCycles)} cycles, ${runs === 1 ? 'one run' : `${whole(runs)} runs back to back`}`,
    ],
    ...storedFacts(throughput),
    [
      'overlap',
      `${transfers}; of ${imagesPerRun === 1 ? 'an image' : 'a run'} ${whole(exposedCycles)} cycles at start and end (${percent(exposedCycles / cycles)}) overlap with nothing`,
    ],
  ]
}

/** The cycles in which the images of a run are stored, where a run takes several. */
function storedFacts({
  imagesPerRun: images,
  storedCycles,
}: SimulatorReport['throughput']): (readonly [string, string])[] {
  if (images === 1) return []
  const [first, last] = [elementAt(storedCycles, 0), elementAt(storedCycles, images - 1)]
  const between = (last - first) / (images - 1)
  return [
    ['a run', `${images} images: the first is stored after ${whole(first)} cycles, then one every ${whole(between)}`],
  ]
}
