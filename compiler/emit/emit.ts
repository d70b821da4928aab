// Emission: scheduled layers become instructions, constants and descriptors.
import type { IntegerGraph, LinearLayer, LogitsLayer, MaxPoolLayer } from '../graph/integer.ts'
import { sourceGeometry, type LayerColumns } from '../lower/columns.ts'
import { planMemory } from '../layout/plan.ts'
import type { PlacedMap } from '../layout/storage.ts'
import type { GroupSchedule } from '../schedule/group.ts'
import { packBeats } from '../../isa/weights/beats.ts'
import { logitsWords, type Parameter } from '../../isa/formats.ts'
import type { LegalInstruction } from '../../isa/instruction.ts'
import { DlpError } from '../../isa/error.ts'
import { slotChannels, type Machine } from '../../isa/machine.ts'
import type { LayerRecord, Preprocessing, Program, TensorDescriptor } from '../../isa/program.ts'
import { instruction, link } from './build.ts'
import { Constants, parameterGroup, tableBlock } from './constants.ts'
import { GapModel, type Pass } from './gaps.ts'
import { recordLayer } from './record.ts'
import { placeRing } from './ring.ts'
import { cutStrips } from './strips.ts'
import { describeLogits, describeMap, positionBytes, storedChannels } from './tensors.ts'

/** A linear or logits layer with the schedules of its row groups. */
export interface MatrixLayer {
  readonly layer: LinearLayer | LogitsLayer
  readonly columns: LayerColumns
  readonly groups: readonly GroupSchedule[]
}
export type ScheduledLayer = MatrixLayer | { readonly layer: MaxPoolLayer }

export interface Emission {
  readonly name: string
  /** the graph before and after folding its input */
  readonly original: IntegerGraph
  readonly graph: IntegerGraph
  readonly factor: number
  readonly machine: Machine
  readonly maps: ReturnType<typeof planMemory>
  readonly layers: readonly ScheduledLayer[]
  readonly weightsIn: 'resident' | 'streamed'
  readonly preprocessing?: Preprocessing
}

export const sourcesOf = (layer: LinearLayer | LogitsLayer) => (layer.kind === 'linear' ? layer.sources : [layer.source])

/** Builds the program. */
export function emit(emission: Emission): Program {
  return new Emitter(emission).program()
}

class Emitter {
  private readonly emission: Emission
  private readonly machine: Machine
  private readonly constants = new Constants()
  private readonly gaps: GapModel
  private readonly init: LegalInstruction[] = []
  private readonly infer: LegalInstruction[] = []
  private readonly records: { first: number; end: number; index: number }[] = []
  /** [row groups of all layers] where their beats lie */
  private readonly placement: { readonly beat: number; readonly waits: number; readonly frees: boolean; readonly address: number }[] = []
  private nextGroup = 0

  constructor(emission: Emission) {
    this.emission = emission
    this.machine = emission.machine
    this.gaps = new GapModel(emission.machine)
  }

  program(): Program {
    const { layers, machine, name, weightsIn, original, graph, maps, factor, preprocessing } = this.emission
    this.placeWeights()
    this.placeParameters()
    this.init.push(instruction('HALT', {}))
    this.emitTable(0)
    layers.forEach((scheduled, index) => {
      const first = this.infer.length
      if ('groups' in scheduled) this.emitMatrix(scheduled, index)
      else this.emitPool(scheduled.layer, index)
      this.records.push({ first, end: this.infer.length, index })
      if (index > 0) this.emitTable(index + 1)
    })
    const outputs = [this.emitOutput()]
    this.infer.push(instruction('HALT', {}))
    const base = this.init.length
    const instructions = [...this.init, ...this.infer]
    if (instructions.length > machine.instructionWords) {
      throw new DlpError({ what: `${instructions.length} instructions`, where: `model '${name}'`, allowed: `instructionWords = ${machine.instructionWords}`, help: 'use a machine with more instructionWords' })
    }
    return {
      machine, name, instructions,
      entry: { init: 0, infer: base },
      constants: this.constants.bytes(),
      inputs: [describeMap(original.input, maps.get(graph.input.name)!, factor, 'input', machine, preprocessing)],
      outputs,
      layers: this.records.map(({ first, end, index }): LayerRecord => recordLayer(layers[index]!, original.layers[index]!, { first: base + first, end: base + end }, maps)),
      weightsIn, scratchBytes: 0,
    }
  }

  private matrixLayers(): MatrixLayer[] {
    return this.emission.layers.filter((scheduled): scheduled is MatrixLayer => 'groups' in scheduled)
  }

  private placeWeights(): void {
    const streams = this.matrixLayers().flatMap(({ groups }) => groups.map(({ stream }) => stream))
    const beats = streams.map((stream) => stream.beats)
    const addresses = streams.map((stream) => this.constants.add(packBeats(stream, this.machine)))
    if (this.emission.weightsIn === 'resident') {
      let beat = 0
      streams.forEach((stream, group) => {
        this.placement.push({ beat, waits: 0, frees: false, address: addresses[group]! })
        this.init.push(instruction('LOADW', { address: addresses[group]!, beat, beats: stream.beats }))
        beat += stream.beats
      })
    } else {
      const { chunks, freed } = placeRing(beats, this.machine.weightBeats)
      chunks.forEach((chunk, group) => this.placement.push({ ...chunk, frees: group < freed, address: addresses[group]! }))
    }
  }

  private placeParameters(): void {
    const groups = this.matrixLayers().flatMap(({ layer, groups: schedules }) => schedules.map((_, group) => this.parametersOf(layer, group)))
    if (groups.length > this.machine.parameterGroups) {
      throw new DlpError({ what: `${groups.length} row groups`, where: `model '${this.emission.name}'`, allowed: `parameterGroups = ${this.machine.parameterGroups}`, help: 'use a machine with more parameterGroups or rows' })
    }
    const bytes = groups.map((rows) => parameterGroup(rows, this.machine))
    const all = new Uint8Array(bytes.reduce((sum, each) => sum + each.length, 0))
    bytes.reduce((at, each) => (all.set(each, at), at + each.length), 0)
    if (groups.length > 0) this.init.push(instruction('LOADP', { address: this.constants.add(all), group: 0, groups: groups.length }))
  }

  private parametersOf(layer: LinearLayer | LogitsLayer, group: number): Parameter[] {
    const first = group * this.machine.rows
    const rows = Math.min(this.machine.rows, layer.bias.length - first)
    return Array.from({ length: rows }, (_, row) => ({
      bias: layer.bias[first + row]!,
      multiplier: layer.kind === 'linear' ? layer.multiplier[first + row]! : 0,
      shift: layer.kind === 'linear' ? layer.shift[first + row]! : 0,
    }))
  }

  /** Layer `index` may read its table once LOADT is done; the block is free when layer `index − 2` has read it. */
  private emitTable(index: number): void {
    const scheduled = this.emission.layers[index]
    if (scheduled === undefined) return
    const table = 'groups' in scheduled ? scheduled.columns : this.poolTable(scheduled.layer)
    const address = this.constants.add(tableBlock(table, this.machine))
    const links = { wait: index >= 2 ? (['tableFree'] as const) : [], signal: ['table'] as const }
    this.infer.push(instruction('LOADT', { address, block: index & 1, slots: table.slots.length, tapBits: table.tapBits }, links))
  }

  private poolTable(layer: MaxPoolLayer): Pick<LayerColumns, 'geometries' | 'slots' | 'tapBits'> {
    const source = this.emission.maps.get(layer.source)!
    return { geometries: [sourceGeometry(source, { ...layer, dilation: [1, 1] }, 3)], slots: [], tapBits: 0 }
  }

  private emitLayer(index: number, placed: PlacedMap, numbers: { zeroPoint: number; low: number; high: number }): void {
    const { patch, map, planes, startBank } = placed
    this.infer.push(
      instruction(
        'LAYER',
        {
          block: index & 1, patchHeight: patch.height, patchWidth: patch.width, planeStride: patch.height * patch.width, wide: planes - 1, startBank,
          validHeight: map.height, validWidth: map.width, ...numbers,
        },
        { wait: ['table'] },
      ),
    )
  }

  private emitMatrix({ layer, columns, groups }: MatrixLayer, index: number): void {
    const placed = this.emission.maps.get(layer.kind === 'linear' ? layer.output.name : layer.source.map)!
    const numbers = layer.kind === 'linear' ? { zeroPoint: layer.output.zeroPoint, low: layer.low, high: layer.high } : { zeroPoint: 0, low: 0, high: 0 }
    if (layer.kind === 'logits' && groups.length * this.machine.rows > logitsWords) {
      throw new DlpError({ what: `it has ${layer.bias.length} logits`, where: `layer '${layer.name}'`, allowed: `at most ${Math.floor(logitsWords / this.machine.rows) * this.machine.rows}` })
    }
    const reads = index === 0 ? this.inputStrips(layer, placed) : []
    if (reads.length === 0) this.emitLayer(index, placed, numbers)
    groups.forEach(({ stream }, group) => {
      const place = this.placement[this.nextGroup++]!
      this.streamWeights(place, stream.beats)
      const output = layer.kind === 'linear' ? { base: placed.base + ((group * this.machine.rows) / slotChannels(this.machine)) * placed.planes * placed.patch.height * placed.patch.width, planes: placed.planes, startBank: placed.startBank } : undefined
      const pass: Pass = { layer: layer.name, stream, ...columns, patch: placed.patch, rows: placed.patch.height, output }
      const fields = {
        beat: place.beat, beats: stream.beats, group: this.nextGroup - 1, output: output?.base ?? group * this.machine.rows,
        laneSum: output === undefined ? 1 : 0, logits: output === undefined ? 1 : 0,
      }
      const strips = group === 0 ? reads : []
      const start = this.infer.length
      if (strips.length === 0) {
        const choice = this.gaps.place(pass, Array.from({ length: placed.patch.height }, (_, row) => row))
        this.infer.push(instruction('COMPUTE', { ...fields, ...choice, rows: placed.patch.height }))
      }
      strips.forEach((strip, number) => {
        // The second strip is asked for before the first is computed, and so on: loading stays one strip ahead.
        if (number === 0) this.infer.push(strip.load)
        if (number + 1 < strips.length) this.infer.push(strips[number + 1]!.load)
        if (number === 0) this.emitLayer(index, placed, numbers)
        const choice = this.gaps.place({ ...pass, rows: strip.rows }, [strip.first])
        this.infer.push(instruction('COMPUTE', { ...fields, ...choice, rows: strip.rows }, { wait: ['input'] }))
        if (number === 0) this.emitTable(1)
      })
      this.linkGroup(start, place, layer, index, group === groups.length - 1)
    })
    if (index === 0 && reads.length === 0) this.emitTable(1)
  }

  /** Loads of the input, each with the rows of the first layer that they allow. */
  private inputStrips(layer: LinearLayer | LogitsLayer, placed: PlacedMap): { load: LegalInstruction; first: number; rows: number }[] {
    const { maps, graph, machine } = this.emission
    const input = maps.get(graph.input.name)!
    const channels = storedChannels(input, machine)
    const rowBytes = positionBytes(channels, input.planes, machine) * input.patch.width
    const source = sourcesOf(layer).find((each) => each.map === graph.input.name)
    if (source === undefined) throw new Error(`the first layer '${layer.name}' does not read the input`)
    return cutStrips(source, input.patch, placed.patch, (row) => (row * rowBytes) % 64 === 0).map(({ load, compute }) => ({
      load: this.loadRows(input, load.first, load.rows),
      ...compute,
    }))
  }

  private loadRows(input: PlacedMap, first: number, rows: number): LegalInstruction {
    const channels = storedChannels(input, this.machine)
    const { patch } = input
    const address = (positionBytes(channels, input.planes, this.machine) * patch.width * first) / 64
    return instruction(
      'LOAD',
      { region: 1, address, base: input.base + first * patch.width, positions: rows * patch.width, planeStride: patch.height * patch.width, channels, wide: input.planes - 1, startBank: input.startBank },
      { signal: ['input'] },
    )
  }

  private streamWeights(place: (typeof this.placement)[number], beats: number): void {
    if (this.emission.weightsIn === 'resident') return
    for (let wait = 1; wait < place.waits; wait++) this.infer.push(instruction('LOADW', {}, { wait: ['weightsFree'] }))
    this.infer.push(instruction('LOADW', { address: place.address, beat: place.beat, beats }, { wait: place.waits > 0 ? ['weightsFree'] : [], signal: ['weights'] }))
  }

  /** Adds the group's semaphores to its first and last COMPUTE. */
  private linkGroup(start: number, place: (typeof this.placement)[number], layer: LinearLayer | LogitsLayer, index: number, isLast: boolean): void {
    const computes = this.infer.flatMap((each, at) => (at >= start && each.op === 'COMPUTE' ? [at] : []))
    const first = computes[0]!
    const last = computes[computes.length - 1]!
    if (this.emission.weightsIn === 'streamed') this.infer[first] = link(this.infer[first]!, { wait: ['weights'] })
    if (place.frees) this.infer[last] = link(this.infer[last]!, { signal: ['weightsFree'] })
    if (!isLast) return
    if (index + 2 < this.emission.layers.length) this.infer[last] = link(this.infer[last]!, { signal: ['tableFree'] })
    if (layer.kind === 'logits') this.infer[last] = link(this.infer[last]!, { signal: ['logits'] })
  }

  private emitPool(layer: MaxPoolLayer, index: number): void {
    const { maps, layers, graph } = this.emission
    const source = maps.get(layer.source)!
    const placed = maps.get(layer.output.name)!
    if (index === 0) this.infer.push(this.loadRows(maps.get(graph.input.name)!, 0, source.patch.height))
    this.emitLayer(index, placed, { zeroPoint: 0, low: 0, high: 0 })
    this.gaps.settle()
    this.infer.push(
      instruction(
        'POOL',
        {
          source: source.base, output: placed.base, rows: placed.patch.height, slots: placed.slots, wide: placed.planes - 1,
          signed: layer.output.format.signed ? 1 : 0, windowHeight: layer.kernel[0], windowWidth: layer.kernel[1],
        },
        { wait: index === 0 ? ['input'] : [], signal: index + 2 < layers.length ? ['tableFree'] : [] },
      ),
    )
    if (index === 0) this.emitTable(1)
  }

  private emitOutput(): TensorDescriptor {
    const { graph, maps, layers, machine } = this.emission
    const last = layers[layers.length - 1]!.layer
    if (last.kind === 'logits' && (graph.output === last.name || !maps.has(graph.output))) {
      this.infer.push(instruction('STOREL', { region: 2, count: last.bias.length }, { wait: ['logits'] }))
      return describeLogits(graph, last.scale)
    }
    const placed = maps.get(graph.output)!
    const { patch } = placed
    this.infer.push(
      instruction('STORE', {
        region: 2, base: placed.base, positions: patch.height * patch.width, planeStride: patch.height * patch.width,
        channels: placed.map.channels, wide: placed.planes - 1, startBank: placed.startBank,
      }),
    )
    return describeMap(placed.map, { ...placed, period: placed.slots * slotChannels(machine) }, 1, 'output', machine)
  }
}
