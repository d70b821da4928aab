// Random programs that keep the contract on any machine: loads, layers and stores, ordered by semaphores and gaps, ending in HALT.

import { defined } from '../../base/defined.ts'
import type { LegalInstruction } from '../instruction.ts'
import type { Machine } from '../model/machine.ts'
import { limitsOf } from '../model/machine.ts'
import type { LayerRecord, Program } from '../program.ts'
import { versionsOf } from '../versions.ts'
import { SeededRandom } from './seeded-random.ts'
import { Dram } from './dram.ts'
import type { RandomLayer } from './layer.ts'
import { randomLayer } from './layer.ts'
import type { ProgramDraft } from './program-draft.ts'
import { make, BumpAllocator, RegionBuilder, semaphore } from './program-draft.ts'

/** A program and the DRAM bytes of its inputs by name. */
export interface ProgramCase {
  readonly program: Program
  readonly inputs: Readonly<Record<string, Uint8Array>>
}

/** A layer's instructions for the compute queue, with what is loaded for it. */
interface ProgramStep {
  /** undefined if it only stores a map */
  readonly kind: LayerRecord['kind'] | undefined
  readonly loads: readonly LegalInstruction[]
  readonly weights: readonly LegalInstruction[]
  readonly parameter: readonly LegalInstruction[]
  readonly compute: LegalInstruction[]
  /** its loads may come before the compute instructions of the previous step */
  readonly early: boolean
}

/**
 * The program of a seed: up to so many layers, fewer where a memory is full. It keeps every rule; run on memories of zeros it has no
 * hazard, no overflow and no uninitialised read.
 */
export function randomProgram(machine: Machine, seed: number, mostLayers: number): ProgramCase {
  const random = new SeededRandom(seed)
  const draft: ProgramDraft = {
    random,
    machine,
    feature: new BumpAllocator(machine.featureWords),
    weights: new BumpAllocator(machine.weightBeats),
    groups: new BumpAllocator(machine.parameterGroups),
    logits: new BumpAllocator(limitsOf(machine).logitsWords),
    constants: new RegionBuilder(),
    maps: [],
  }
  const dram = new Dram(draft)
  const resident = random.chance(0.5)
  const steps: ProgramStep[] = []
  while (steps.length < mostLayers) {
    const step = randomStep(draft, dram, steps, resident)
    if (step === undefined) break
    steps.push(step)
    if (step.kind === undefined) break
  }
  const init = [...(resident ? steps.flatMap(({ weights }) => weights) : []), make('HALT', {})]
  const { infer, layers } = arrange(steps, init.length)
  const instructions = [...init, ...infer, ...dram.storeResults(), make('HALT', {})]
  const program: Program = {
    machine,
    versions: versionsOf(instructions),
    name: `random ${seed}`,
    instructions,
    entry: { init: 0, infer: init.length },
    constants: draft.constants.contents(),
    inputs: dram.inputs,
    outputs: dram.outputs,
    layers,
    weightsIn: resident ? 'resident' : 'streamed',
    scratchBytes: dram.scratch.length,
  }
  return { program, inputs: Object.fromEntries(dram.inputs.map(({ name, bytes }) => [name, random.bytes(bytes)])) }
}

/** The next layer; where none fits, a store of what was loaded for it; undefined if nothing was. */
function randomStep(
  draft: ProgramDraft,
  dram: Dram,
  steps: readonly ProgramStep[],
  resident: boolean,
): ProgramStep | undefined {
  const { random, maps } = draft
  const reload = steps.length > 0 && random.chance(0.25) ? dram.reload() : undefined
  if (reload !== undefined) defined(steps.at(-1)).compute.push(reload.store)
  const loads = reload !== undefined ? [reload.load] : maps.length === 0 || random.chance(0.3) ? dram.loadInput() : []
  const early = reload === undefined && random.chance(0.7)
  const layer = maps.length === 0 ? undefined : randomLayer(draft, steps.length % 2)
  if (layer === undefined) {
    if (loads.length === 0) return undefined
    const compute = [{ ...dram.store(defined(maps.at(-1))), wait: semaphore.loaded }]
    return { kind: undefined, loads, weights: [], parameter: [], compute, early }
  }
  const compute = [...layer.compute]
  if (loads.length > 0) compute[0] = { ...compute[0]!, wait: compute[0]!.wait | semaphore.loaded }
  if (layer.logits !== undefined) {
    compute.push({ ...defined(compute.pop()), signal: semaphore.summed })
    dram.addLogits(layer.logits)
  }
  const { kind, weights } = layer
  return { kind, loads, weights, parameter: parameterWork(layer, steps, resident), compute, early }
}

/** LOADT, LOADP and LOADW of a layer: they wait until the layer before the last no longer uses the table block; the last one signals. */
function parameterWork(layer: RandomLayer, steps: readonly ProgramStep[], resident: boolean): LegalInstruction[] {
  const parameter = [...layer.parameter, ...(resident ? [] : layer.weights)]
  const user = steps.at(-2)
  if (user !== undefined) {
    parameter[0] = { ...parameter[0]!, wait: semaphore.free }
    const last = user.compute.findLastIndex(({ op }) => op !== 'STORE')
    const instruction = user.compute[last]!
    user.compute[last] = { ...instruction, signal: instruction.signal | semaphore.free }
  }
  parameter.push({ ...defined(parameter.pop()), signal: semaphore.ready })
  return parameter
}

/** The instructions of all steps in program order: each signal comes before the wait for it. */
function arrange(steps: readonly ProgramStep[], offset: number): { infer: LegalInstruction[]; layers: LayerRecord[] } {
  const infer: LegalInstruction[] = []
  const layers: LayerRecord[] = []
  const load = ({ loads, parameter }: ProgramStep): unknown => infer.push(...loads, ...parameter)
  for (const [at, step] of steps.entries()) {
    const next = steps[at + 1]
    if (at === 0 || !step.early) load(step)
    if (next?.early === true) load(next)
    const first = offset + infer.length
    infer.push(...step.compute)
    if (step.kind === undefined) continue
    const figures = { usefulMacs: 0, nonZeros: 0, weights: 0, boundBeats: 0, beats: 0 }
    layers.push({
      name: `layer ${at}`,
      kind: step.kind,
      first,
      end: offset + infer.length,
      shape: [1, 1, 1],
      ...figures,
    })
  }
  return { infer, layers }
}
