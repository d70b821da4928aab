// Taps: the read of one position equals that of all positions together, and that of isa/README.md.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { geometryFields, type Geometry } from '../../../isa/model/formats.ts'
import { machines } from '../../../isa/model/machine.ts'
import { positionsOf, tapOffset, tapRowAndColumn, tapReads } from '../../../isa/semantics/taps.ts'

const number = (min: number, max: number): fc.Arbitrary<number> => fc.integer({ min, max })

const drawnGeometry: fc.Arbitrary<Geometry> = fc.record({
  ...(Object.fromEntries(Object.keys(geometryFields).map((name) => [name, number(0, 3)])) as Record<
    keyof Geometry,
    fc.Arbitrary<number>
  >),
  pitch: number(1, 9),
  height: number(1, 9),
  offsetY: number(-9, 9),
  offsetX: number(-9, 9),
})

/** A coordinate after one wrap, as isa/README.md has it; undefined where it is still outside. */
function wrappedOnce(coordinate: number, extent: number): number | undefined {
  const wrapped = coordinate < 0 ? coordinate + extent : coordinate >= extent ? coordinate - extent : coordinate
  return wrapped < 0 || wrapped >= extent ? undefined : wrapped
}

test('a tap reads the same word whether one position is computed or all of them', () => {
  fc.assert(
    fc.property(
      drawnGeometry,
      number(0, 63),
      fc.record({ height: number(1, 5), width: number(1, 5), firstRow: number(0, 4), firstColumn: number(0, 4) }),
      (geometry, tap, { height, width, firstRow, firstColumn }) => {
        const positions = positionsOf(firstRow, height, height, width, { firstColumn, columns: width })
        const { row, column } = tapRowAndColumn(geometry, tap)
        const { offset } = tapReads(machines.tiny, geometry, row, column, positions)
        for (let i = 0; i < positions.count; i++) {
          const [oy, ox] = [positions.row[i]!, positions.column[i]!]
          const y = wrappedOnce(geometry.strideY * oy + geometry.dilationY * row + geometry.offsetY, geometry.height)
          const x = wrappedOnce(geometry.strideX * ox + geometry.dilationX * column + geometry.offsetX, geometry.pitch)
          const expected = y === undefined || x === undefined ? -1 : y * geometry.pitch + x
          expect(tapOffset(geometry, tap, oy, ox)).toBe(expected)
          expect(offset[i]).toBe(expected)
        }
      },
    ),
    { numRuns: 300 },
  )
})
