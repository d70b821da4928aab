// What a program must satisfy besides its encoding: rules of instructions, entries, DRAM ranges, weights, tensors and layers.

import { haltOf } from '../instruction.ts'
import { machineLaws } from '../model/machine-laws.ts'
import { brokenTensorRule } from '../packing.ts'
import { scoresOf } from '../program.ts'
import type { Program, TensorDescriptor } from '../program.ts'
import { checkInstruction } from '../validate.ts'
import { verifyVersions } from '../versions.ts'
import { verifyMemory } from './verify-memory.ts'
import { verifySemaphores } from './verify-semaphores.ts'

/** Complaints at most: further ones would add little. */
const mostComplaints = 50

/**
 * Every rule that a program breaks, a sentence each, with where; empty for a sound program. Values and time are not
 * checked: the simulator reports hazards and overflows of sums.
 */
export function verifyProgram(program: Program): string[] {
  const laws = machineLaws.filter((law) => !law.holds(program.machine)).map((law) => `machine: ${law.sentence}`)
  // The other rules compute with the machine's numbers.
  if (laws.length > 0) return laws
  const broken = [
    ...verifyVersions(program.versions, program.instructions),
    ...verifyInstructions(program),
    ...verifyEntries(program),
    ...verifyTensors(program),
    ...verifyClasses(program),
    ...verifyLayers(program),
    ...verifyMemory(program),
    ...verifySemaphores(program),
  ]
  const rest = broken.length - mostComplaints
  return rest > 0 ? [...broken.slice(0, mostComplaints), `and ${rest} more`] : broken
}

function verifyInstructions({ instructions, machine }: Program): string[] {
  const broken = instructions.flatMap((instruction, index) =>
    checkInstruction(instruction, machine).map((rule) => `instruction ${index} (${instruction.op}): ${rule}`),
  )
  if (instructions.length > machine.instructionWords)
    broken.push(`${instructions.length} instructions; the machine holds ${machine.instructionWords}`)
  return broken
}

function verifyEntries({ instructions, entry }: Program): string[] {
  const broken: string[] = []
  const entries = [
    ['init', entry.init, entry.infer],
    ['infer', entry.infer, instructions.length],
  ] as const
  if (entry.init !== 0) broken.push(`entry init is ${entry.init}: it is the first instruction, 0`)
  for (const [name, first, end] of entries) {
    if (!(first >= 0 && first < end && end <= instructions.length)) {
      broken.push(
        `entry ${name} is ${first}: init comes first, then infer, both within ${instructions.length} instructions`,
      )
      continue
    }
    const halt = haltOf(instructions, first)
    if (halt < 0 || halt >= end) broken.push(`entry ${name} does not end in HALT`)
    else if (halt < end - 1) broken.push(`instruction ${halt + 1} is never reached: HALT ends entry ${name} before it`)
  }
  return broken
}

function verifyTensors({ inputs, outputs, machine }: Program): string[] {
  const sides = [
    ['input', inputs],
    ['output', outputs],
  ] as const
  return sides.flatMap(([region, tensors]) => [
    ...tensors.flatMap((tensor) => {
      const broken: string[] = []
      if (tensor.region !== region) broken.push(`lies in region ${tensor.region}, not ${region}`)
      if (tensor.offset % 64 !== 0) broken.push(`starts at ${tensor.offset}, not at a multiple of 64`)
      const rule = brokenTensorRule(tensor, machine)
      if (rule !== undefined) broken.push(`needs ${rule}`)
      return broken.map((what) => `${region} '${tensor.name}' ${what}`)
    }),
    ...overlaps(tensors).map((names) => `${region}s ${names} overlap`),
  ])
}

function overlaps(tensors: readonly TensorDescriptor[]): string[] {
  const sorted = [...tensors].sort((a, b) => a.offset - b.offset)
  return sorted.flatMap((tensor, index) => {
    const next = sorted[index + 1]
    return next !== undefined && tensor.offset + tensor.bytes > next.offset
      ? [`'${tensor.name}' and '${next.name}'`]
      : []
  })
}

function verifyClasses(program: Program): string[] {
  const { classes } = program
  const scores = scoresOf(program)
  return classes === undefined || classes.length === scores
    ? []
    : [`${classes.length} class names for ${scores} scores`]
}

function verifyLayers({ layers, instructions }: Program): string[] {
  let last = 0
  return layers.flatMap((layer) => {
    const broken: string[] = []
    const { name, first, end, nonZeros, weights } = layer
    if (!(first <= end && end <= instructions.length))
      broken.push(`covers instructions ${first} to ${end} of ${instructions.length}`)
    else if (first < last) broken.push(`starts at instruction ${first}, inside the layer before it`)
    if (nonZeros > weights) broken.push(`has ${nonZeros} non-zero weights of ${weights}`)
    last = Math.max(last, end)
    return broken.map((what) => `layer '${name}' ${what}`)
  })
}
