// The longest paths of a mapped module, bit by bit; modules within it are known by what their ports take, so that a design is followed through all its levels.

import { type Bit, type Netlist, namedBits } from './netlist.ts'
import { timingOf } from './primitives.ts'

/** The way of a path: its last step, and those before. */
export interface Step {
  readonly what: string
  /** the way within the module that `what` names */
  readonly within?: Step
  readonly before?: Step
}

/** How long a path takes, and what it consists of. */
export interface Delay {
  readonly ns: number
  readonly luts: number
  readonly carryBits: number
  readonly way?: Step
}

/** What a module is to whatever instantiates it. Bits are named `port[3]`. */
export interface ModuleTiming {
  /** outputs that paths from registers within reach */
  readonly fromRegister: ReadonlyMap<string, Delay>
  /** inputs from which paths lead to registers within */
  readonly toRegister: ReadonlyMap<string, Delay>
  /** [output] the inputs from which paths lead to it without a register */
  readonly through: ReadonlyMap<string, ReadonlyMap<string, Delay>>
  /** [input] how many pins it drives */
  readonly loads: ReadonlyMap<string, number>
  /** the longest path between registers, modules within included */
  readonly worst: Delay
  /** ends of paths in this module alone, and how many of them are deeper than eight LUTs */
  readonly endpoints: number
  readonly deepEndpoints: number
  /** the net with the most loads */
  readonly fanOut: { readonly net: string; readonly loads: number }
}

interface Edge {
  readonly from: number
  readonly ns: number
  readonly luts: number
  readonly carryBits: number
  readonly what: string
  readonly within?: Step
}

/** The step that stands for the last part of a path, which is kept from its end. */
export const endOfPath = 'end'

const deep = 8
const nothing: Delay = { ns: 0, luts: 0, carryBits: 0 }

/**
 * The timing of one module.
 *
 * @param children timing of the modules that it instantiates, by their type
 * @throws Error where paths form a loop, or a cell has no figures
 */
export function modulePaths(netlist: Netlist, children: ReadonlyMap<string, ModuleTiming>): ModuleTiming {
  const graph = new PathGraph(netlist, children)
  return graph.timing()
}

class PathGraph {
  readonly #netlist: Netlist
  /** [net] what drives it */
  readonly #edges = new Map<number, Edge[]>()
  readonly #starts = new Map<number, Delay>()
  readonly #ends: { readonly net: number; readonly delay: Delay }[] = []
  readonly #loads = new Map<number, number>()
  #worst: Delay = nothing

  constructor(netlist: Netlist, children: ReadonlyMap<string, ModuleTiming>) {
    this.#netlist = netlist
    for (const [name, cell] of Object.entries(netlist.cells)) {
      const bits = new Map<string, Bit>()
      for (const [port, list] of Object.entries(cell.connections))
        for (const [pin, bit] of namedBits(port, list)) bits.set(pin, bit)
      const own = timingOf(cell)
      const what = `${name} (${/dlp_\w+/.exec(cell.type)?.[0] ?? cell.type})`
      if (own !== undefined) {
        for (const { from, to, ...delay } of own.arcs) this.#edge(bits.get(from), bits.get(to), { ...delay, what })
        for (const [pin, ns] of own.starts) this.#start(bits.get(pin), { ns, luts: 0, carryBits: 0, way: { what } })
        for (const [pin, ns] of own.ends) this.#end(bits.get(pin), { ns, luts: 0, carryBits: 0, way: { what } })
        for (const [pin, bit] of bits) if (!own.starts.has(pin) && !own.clocks.has(pin)) this.#load(bit, 1)
        continue
      }
      const child = children.get(cell.type)
      if (child === undefined) throw new Error(`no timing of the module ${cell.type}`)
      if (child.worst.ns > this.#worst.ns) this.#worst = { ...child.worst, way: { what, within: child.worst.way } }
      for (const [pin, delay] of child.fromRegister) this.#start(bits.get(pin), inside(delay, what))
      for (const [pin, delay] of child.toRegister) this.#end(bits.get(pin), inside(delay, what))
      for (const [to, sources] of child.through)
        for (const [from, { way, ...delay }] of sources)
          this.#edge(bits.get(from), bits.get(to), { ...delay, what, within: way })
      for (const [pin, count] of child.loads) this.#load(bits.get(pin), count)
    }
  }

  timing(): ModuleTiming {
    const inputs = this.#portBits('input')
    const outputs = this.#portBits('output')
    const order = this.#order([...outputs.map(([, bit]) => bit), ...this.#ends.map(({ net }) => net)])

    // Forwards: the latest arrival from a register; backwards: the longest way to a register.
    const arrivals = new Map<number, Delay>(this.#starts)
    for (const net of order)
      for (const edge of this.#edges.get(net) ?? []) {
        const before = arrivals.get(edge.from)
        if (before !== undefined) keepLonger(arrivals, net, then(before, edge))
      }
    const tails = new Map<number, Delay>()
    for (const { net, delay } of this.#ends) keepLonger(tails, net, delay)
    for (const net of order.toReversed()) {
      const after = tails.get(net)
      if (after !== undefined) for (const edge of this.#edges.get(net) ?? []) keepLonger(tails, edge.from, first(edge, after))
    }

    let deepEndpoints = 0
    let worst = this.#worst
    for (const { net, delay } of this.#ends) {
      const arrival = arrivals.get(net)
      if (arrival === undefined) continue
      const path = joined(arrival, delay)
      if (path.luts > deep) deepEndpoints++
      if (path.ns > worst.ns) worst = path
    }
    return {
      fromRegister: new Map(outputs.flatMap(([name, bit]) => present(name, arrivals.get(bit)))),
      toRegister: new Map(inputs.flatMap(([name, bit]) => present(name, tails.get(bit)))),
      through: this.#through(inputs, outputs, order),
      loads: new Map(inputs.map(([name, bit]) => [name, this.#loads.get(bit) ?? 0])),
      worst,
      endpoints: this.#ends.length,
      deepEndpoints,
      fanOut: this.#fanOut(),
    }
  }

  /** Outputs that inputs reach without a register. */
  #through(
    inputs: readonly [string, number][],
    outputs: readonly [string, number][],
    order: readonly number[],
  ): Map<string, Map<string, Delay>> {
    const reached = new Map<number, Map<string, Delay>>()
    for (const [name, bit] of inputs) reached.set(bit, new Map([[name, nothing]]))
    for (const net of order)
      for (const edge of this.#edges.get(net) ?? [])
        for (const [input, before] of reached.get(edge.from) ?? []) {
          let own = reached.get(net)
          if (own === undefined) reached.set(net, (own = new Map()))
          keepLonger(own, input, then(before, edge))
        }
    return new Map(outputs.flatMap(([name, bit]) => present(name, reached.get(bit))))
  }

  #portBits(direction: 'input' | 'output'): [string, number][] {
    return Object.entries(this.#netlist.ports)
      .filter(([, port]) => port.direction === direction)
      .flatMap(([name, port]) => namedBits(name, port.bits))
      .flatMap(([name, bit]) => (typeof bit === 'number' ? [[name, bit] as [string, number]] : []))
  }

  #edge(from: Bit | undefined, to: Bit | undefined, edge: Omit<Edge, 'from'>): void {
    if (typeof from !== 'number' || typeof to !== 'number') return
    const list = this.#edges.get(to)
    if (list === undefined) this.#edges.set(to, [{ ...edge, from }])
    else list.push({ ...edge, from })
  }

  #start(bit: Bit | undefined, delay: Delay): void {
    if (typeof bit === 'number') keepLonger(this.#starts, bit, delay)
  }

  #end(bit: Bit | undefined, delay: Delay): void {
    if (typeof bit === 'number') this.#ends.push({ net: bit, delay })
  }

  #load(bit: Bit | undefined, count: number): void {
    if (typeof bit === 'number') this.#loads.set(bit, (this.#loads.get(bit) ?? 0) + count)
  }

  #fanOut(): { net: string; loads: number } {
    let most = { bit: -1, loads: 0 }
    for (const [bit, loads] of this.#loads) if (loads > most.loads) most = { bit, loads }
    for (const [name, { bits, hide_name: isHidden }] of Object.entries(this.#netlist.netnames)) {
      // Names that Yosys makes up differ from run to run.
      const index = isHidden === 1 ? -1 : bits.indexOf(most.bit)
      if (index >= 0) return { net: bits.length === 1 ? name : `${name}[${index}]`, loads: most.loads }
    }
    return { net: '', loads: most.loads }
  }

  /** All nets that the given ones depend on, drivers first. @throws Error for a loop without a register */
  #order(roots: readonly number[]): number[] {
    const order: number[] = []
    const state = new Map<number, 'open' | 'done'>()
    for (const root of roots) {
      const stack: { net: number; next: number }[] = [{ net: root, next: 0 }]
      while (stack.length > 0) {
        const top = stack[stack.length - 1]!
        if (top.next === 0) {
          if (state.get(top.net) === 'done') {
            stack.pop()
            continue
          }
          state.set(top.net, 'open')
        }
        const edge = this.#edges.get(top.net)?.[top.next++]
        if (edge === undefined) {
          state.set(top.net, 'done')
          order.push(top.net)
          stack.pop()
        } else if (state.get(edge.from) === 'open') {
          const loop = stack.slice(stack.findIndex(({ net }) => net === edge.from)).map(({ net, next }) => this.#edges.get(net)?.[next - 1]?.what)
          throw new Error(`a loop without a register: ${loop.join(' <- ')}`)
        } else if (state.get(edge.from) === undefined) stack.push({ net: edge.from, next: 0 })
      }
    }
    return order
  }
}

const inside = ({ ns, luts, carryBits, way }: Delay, what: string): Delay => ({ ns, luts, carryBits, way: { what, within: way } })

const then = (before: Delay, edge: Edge): Delay => ({
  ns: before.ns + edge.ns,
  luts: before.luts + edge.luts,
  carryBits: before.carryBits + edge.carryBits,
  way: { what: edge.what, within: edge.within, before: before.way },
})

/** The tail of a path; its ways are kept from the end, so that `joined` need not copy them. */
const first = (edge: Edge, after: Delay): Delay => ({
  ns: edge.ns + after.ns,
  luts: edge.luts + after.luts,
  carryBits: edge.carryBits + after.carryBits,
  way: { what: edge.what, within: edge.within, before: after.way },
})

const joined = (before: Delay, after: Delay): Delay => ({
  ns: before.ns + after.ns,
  luts: before.luts + after.luts,
  carryBits: before.carryBits + after.carryBits,
  way: { what: endOfPath, within: after.way, before: before.way },
})

function keepLonger<Key>(map: Map<Key, Delay>, key: Key, delay: Delay): void {
  const known = map.get(key)
  if (known === undefined || delay.ns > known.ns) map.set(key, delay)
}

const present = <T>(name: string, value: T | undefined): [string, T][] => (value === undefined ? [] : [[name, value]])
