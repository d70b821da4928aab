// A mapped module as Yosys writes it in JSON: cells, their connections bit by bit, and ports.

/** A net of one bit, or a constant. */
export type Bit = number | '0' | '1' | 'x' | 'z'

export interface Port {
  readonly direction: 'input' | 'output' | 'inout'
  readonly bits: readonly Bit[]
}

export interface Cell {
  readonly type: string
  readonly parameters: Readonly<Record<string, string>>
  readonly connections: Readonly<Record<string, readonly Bit[]>>
}

export interface Netlist {
  readonly ports: Readonly<Record<string, Port>>
  readonly cells: Readonly<Record<string, Cell>>
  readonly netnames: Readonly<Record<string, { readonly bits: readonly Bit[]; readonly hide_name: number }>>
}

/** The module `name` of a file that `write_json` wrote. @throws Error where it has none */
export function netlistOf(json: string, name: string): Netlist {
  const { modules } = JSON.parse(json) as { modules: Readonly<Record<string, Netlist>> }
  const found = modules[name]
  if (found === undefined) throw new Error(`the netlist has no module ${name}`)
  return found
}

/** The bits of a port of a module or a cell, each with its name: `data[3]`. */
export const namedBits = (port: string, bits: readonly Bit[]): [name: string, bit: Bit][] =>
  bits.map((bit, index) => [`${port}[${index}]`, bit])
