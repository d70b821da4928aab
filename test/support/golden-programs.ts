// Programs whose bytes test/golden/programs.txt records: the examples and random graphs, on small and large machines, with resident and streamed
// weights, with one and several images in a run.

import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { compileGraph } from '../../compiler/backend.ts'
import { compile, type CompileOptions } from '../../compiler/compile.ts'
import type { IntegerGraph } from '../../compiler/graph/integer.ts'
import { build as buildDensenet } from '../../examples/densenet/build.ts'
import { build as buildMobilenet } from '../../examples/mobilenet/build.ts'
import { build as buildResnet18 } from '../../examples/resnet18/build.ts'
import { build as buildResnet20 } from '../../examples/resnet20/build.ts'
import { build as buildResnet50 } from '../../examples/resnet50/build.ts'
import { build as buildResnet8 } from '../../examples/resnet8/build.ts'
import { build as buildSqueezenet } from '../../examples/squeezenet/build.ts'
import { writeProgram } from '../../isa/container/write.ts'
import { DlpError } from '../../base/error.ts'
import { parseMachine } from '../../isa/model/machine-file.ts'
import { machines, type Machine } from '../../isa/model/machine.ts'
import { graphCase } from './integer-graphs.ts'
import { root } from './source-files.ts'

/** One network on one machine, with the variants in which it is compiled. */
export interface GoldenNetwork {
  readonly name: string
  readonly machine: Machine
  readonly variants: readonly Variant[]
  readonly graph: () => IntegerGraph
}

interface Variant {
  readonly weightsIn: 'resident' | 'streamed'
  readonly images: number
}

const once: Variant = { weightsIn: 'resident', images: 1 }
const streamed: Variant = { weightsIn: 'streamed', images: 1 }
const several: Variant = { weightsIn: 'resident', images: 3 }
const both: Variant = { weightsIn: 'streamed', images: 3 }

const handPath = 'test/end-to-end/hand-machine.json'
const hand = parseMachine(readFileSync(join(root, handPath), 'utf8'), handPath)
/** Weight memories that are too small for the networks. */
const narrow = (machine: Machine, weightBeats: number): Machine => ({
  ...machine,
  name: `${machine.name}-${weightBeats}`,
  weightBeats,
})

/** Networks that compile quickly: compared in the everyday tests. */
export const everydayNetworks: readonly GoldenNetwork[] = [
  example('resnet8', buildResnet8, machines.edge, [once, several], { density: 0.5 }),
  example('resnet8', buildResnet8, narrow(machines.edge, 256), [streamed, both], { density: 0.5 }),
  example('resnet8 at 8 bits', buildResnet8, hand, [once], { weightBits: 8, activationBits: 8 }),
  example('resnet8-cifar10/resnet8-75', retrained, machines.edge, [once], {}),
  ...Array.from({ length: 30 }, (_, seed) => randomNetwork(seed)),
]

/** Networks that take too long for the everyday tests. */
export const longNetworks: readonly GoldenNetwork[] = [
  example('resnet18', buildResnet18, machines.card, [once, several], { density: 0.2 }),
  example('resnet18', buildResnet18, narrow(machines.card, 4096), [streamed, both], { density: 0.2 }),
  example('resnet50', buildResnet50, narrow(machines.card, 8192), [streamed], { density: 0.2 }),
  example('squeezenet 224', () => buildSqueezenet(1, 224), machines.card, [once], { density: 0.25 }),
  example('mobilenet 224', () => buildMobilenet(1, 224), machines.card, [once, several], { density: 0.25 }),
  example('densenet', buildDensenet, machines.edge, [once], { density: 0.5 }),
  example('resnet20', buildResnet20, narrow(hand, 600), [streamed], { density: 0.5 }),
  example('resnet20', buildResnet20, machines.card, [once], { density: 0.5 }),
]

/** `network | machine | weights | images | SHA-256` of a program's file, or the reason why there is none. */
export function goldenLines({ name, machine, variants, graph }: GoldenNetwork): string[] {
  const found = graph()
  return variants.map(({ weightsIn, images }) => {
    const head = [name, machine.name, weightsIn, `${images} a run`].join(' | ')
    try {
      const { program } = compileGraph(found, { name, machine, weightsIn, images })
      return `${head} | ${createHash('sha256').update(writeProgram(program)).digest('hex')}`
    } catch (error) {
      if (!(error instanceof DlpError)) throw error
      return `${head} | refused: ${error.complaint.what}`
    }
  })
}

function example(
  name: string,
  build: () => Uint8Array,
  machine: Machine,
  variants: readonly Variant[],
  options: Partial<CompileOptions>,
): GoldenNetwork {
  const graph = (): IntegerGraph =>
    compile(build(), { name, ...options, machine: { ...machine, weightBeats: 2 ** 16 } }).graph
  return { name, machine, variants, graph }
}

function retrained(): Uint8Array {
  return readFileSync(join(root, 'examples/resnet8-cifar10/resnet8-75.onnx'))
}

function randomNetwork(seed: number): GoldenNetwork {
  const { graph } = graphCase(seed)
  const roomy = {
    ...machines.tiny,
    name: 'roomy',
    featureWords: 8192,
    weightBeats: 8192,
    parameterGroups: 512,
    instructionWords: 4096,
  }
  const machine = [roomy, narrow(roomy, 160), machines.edge, hand, machines.tiny][seed % 5]!
  const isNarrow = machine.weightBeats === 160
  return {
    name: `random graph ${seed}`,
    machine,
    variants: isNarrow ? [streamed, both] : [once, several],
    graph: () => graph,
  }
}
