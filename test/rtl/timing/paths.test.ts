// Paths of hand-made netlists: what they take, how they pass through modules within, and what is refused.

import { describe, expect, test } from 'vitest'
import { type Cell, type Netlist, netlistOf } from './netlist.ts'
import { type ModuleTiming, modulePaths } from './paths.ts'
import { assumedDelays } from './primitives.ts'
import { depthRows, pathLines } from './report.ts'

const { lut, net, carry, carryBit, clockToOutput, setup } = assumedDelays

const cell = (type: string, connections: Record<string, readonly number[]>, parameters: Record<string, string> = {}): Cell => ({ type, connections, parameters })
const register = (d: number, q: number): Cell => cell('FDRE', { C: [1], D: [d], Q: [q] })
const lut1 = (from: number, to: number): Cell => cell('LUT1', { I0: [from], O: [to] })
const netlist = (cells: Record<string, Cell>, ports: Netlist['ports'] = {}): Netlist => ({ cells, ports, netnames: { wide: { bits: [10], hide_name: 0 } } })
const none = new Map<string, ModuleTiming>()

/** A register, so many LUTs, a register. */
function chain(luts: number): Netlist {
  const cells: Record<string, Cell> = { first: register(2, 10), last: register(10 + luts, 3) }
  for (let i = 0; i < luts; i++) cells[`lut${i}`] = lut1(10 + i, 11 + i)
  return netlist(cells)
}

describe('a path between registers', () => {
  test.each([0, 1, 7, 9])('takes the clock, %d LUTs with their nets, and the setup', (luts) => {
    const { worst, deepEndpoints } = modulePaths(chain(luts), none)
    expect(worst.ns).toBeCloseTo(clockToOutput + net + luts * (lut + net) + setup, 9)
    expect(worst.luts).toBe(luts)
    expect(deepEndpoints).toBe(luts > 8 ? 1 : 0)
  })

  test('of seven LUTs is within 4 ns, of eight it is not', () => {
    expect(modulePaths(chain(7), none).worst.ns).toBeLessThanOrEqual(4)
    expect(modulePaths(chain(8), none).worst.ns).toBeGreaterThan(4)
  })

  test('is the longest of several', () => {
    const cells = { a: register(2, 10), b: register(12, 3), short: register(10, 4), l0: lut1(10, 11), l1: lut1(11, 12) }
    expect(modulePaths(netlist(cells), none).worst.luts).toBe(2)
  })

  test('along two carry chains enters once and pays for every bit', () => {
    const cells = {
      a: register(2, 10),
      low: cell('CARRY4', { S: [10, 5, 5, 5], DI: [5, 5, 5, 5], CI: [6], CYINIT: [6], O: [20, 21, 22, 23], CO: [24, 25, 26, 27] }),
      high: cell('CARRY4', { S: [5, 5, 5, 5], DI: [5, 5, 5, 5], CI: [27], CYINIT: [6], O: [30, 31, 32, 33], CO: [34, 35, 36, 37] }),
      b: register(33, 3),
    }
    const { worst } = modulePaths(netlist(cells), none)
    expect(worst.carryBits).toBe(8)
    expect(worst.ns).toBeCloseTo(clockToOutput + net + carry + 8 * carryBit + setup, 9)
  })

  test('ends at enables and resets too', () => {
    const cells = { a: register(2, 10), l: lut1(10, 11), b: cell('FDCE', { C: [1], CE: [11], CLR: [5], D: [6], Q: [3] }) }
    expect(modulePaths(netlist(cells), none).worst.luts).toBe(1)
  })

  test('without a register that closes on itself is refused, cell by cell', () => {
    const cells = { a: lut1(10, 11), b: lut1(11, 10), end: register(10, 3) }
    expect(() => modulePaths(netlist(cells), none)).toThrow(/a loop without a register: .*a \(LUT1\).*/)
  })

  test('through a cell without figures is refused', () => {
    expect(() => modulePaths(netlist({ odd: cell('ISERDESE3', { D: [1], Q: [2] }) }), none)).toThrow(/ISERDESE3/)
  })
})

describe('a path through modules', () => {
  /** input → LUT → register; register → LUT → output; input → two LUTs → other output. */
  const inner = netlist(
    { in: lut1(10, 11), end: register(11, 12), start: register(13, 14), out: lut1(14, 15), l0: lut1(20, 21), l1: lut1(21, 22) },
    { data_i: { direction: 'input', bits: [10] }, data_o: { direction: 'output', bits: [15] }, ready_i: { direction: 'input', bits: [20] }, valid_o: { direction: 'output', bits: [22] } },
  )
  const children = new Map([['dlp_inner', modulePaths(inner, none)]])
  const outer = netlist({
    one: cell('dlp_inner', { data_i: [30], data_o: [31], ready_i: [32], valid_o: [33] }),
    two: cell('dlp_inner', { data_i: [33], data_o: [34], ready_i: [35], valid_o: [36] }),
    glue: lut1(31, 32),
  })

  test('adds up what lies in each of them', () => {
    // one's register and LUT, glue, through one by two LUTs, two's LUT and register
    const { worst } = modulePaths(outer, children)
    expect(worst.luts).toBe(5)
    expect(worst.ns).toBeCloseTo(clockToOutput + net + 5 * (lut + net) + setup, 9)
    expect(pathLines(worst)).toEqual([
      'one (dlp_inner)', '  start (FDRE)', '  out (LUT1)', 'glue (LUT1)', 'one (dlp_inner)', '  l0 (LUT1)', '  l1 (LUT1)', 'two (dlp_inner)', '  in (LUT1)', '  end (FDRE)',
    ]) // prettier-ignore
  })

  test('counts the pins that a net drives in all of them', () => {
    const loud = netlist({ a: cell('dlp_inner', { data_i: [10] }), b: cell('dlp_inner', { data_i: [10] }), c: register(10, 3) })
    expect(modulePaths(loud, children).fanOut).toEqual({ net: 'wide', loads: 3 })
  })

  test('of an unknown module is refused', () => {
    expect(() => modulePaths(outer, none)).toThrow(/dlp_inner/)
  })
})

test('rows join the sizes of a module by the slowest, slowest module first', () => {
  const modules = [3, 5, 1].map((luts, index) => ({ module: index === 2 ? 'other' : 'same', instances: 2, timing: modulePaths(chain(luts), none) }))
  expect(depthRows(modules)).toMatchObject([
    { module: 'same', instances: 4, luts: 5, endpoints: 8 },
    { module: 'other', instances: 2, luts: 1 },
  ])
})

test('a file without the module is refused by its name', () => {
  expect(() => netlistOf('{ "modules": {} }', 'mapped')).toThrow(/mapped/)
})
