// The text of an integer graph states what its layers compute.

import { expect, test } from 'vitest'
import type { IntegerGraph } from '../../../compiler/graph/integer.ts'
import { printInteger } from '../../../compiler/graph/print-integer.ts'

const pair = (value: number): [number, number] => [value, value]

const graph: IntegerGraph = {
  name: 'small',
  input: {
    name: 'in',
    channels: 1,
    height: 4,
    width: 4,
    format: { bits: 8, signed: false },
    zeroPoint: 128,
    scale: 1 / 3,
  },
  layers: [
    {
      kind: 'linear',
      name: 'conv',
      sources: [
        {
          map: 'in',
          role: 'main',
          kernel: pair(3),
          stride: pair(2),
          pads: pair(1),
          dilation: pair(1),
          weights: {
            rows: 2,
            columns: 9,
            rowStart: Int32Array.of(0, 2, 3),
            column: Int32Array.of(0, 4, 8),
            value: Int32Array.of(7, -8, 3),
          },
        },
      ],
      bias: Int32Array.of(-5, 0),
      multiplier: Int16Array.of(20000, 30000),
      shift: Uint8Array.of(15, 21),
      even: Uint8Array.of(1, 0),
      low: 0,
      high: 15,
      output: {
        name: 'map',
        channels: 2,
        height: 2,
        width: 2,
        format: { bits: 4, signed: false },
        zeroPoint: 0,
        scale: 0.5,
      },
    },
  ],
  output: 'map',
}

test('a layer shows its output, codes, sources and, on request, rows', () => {
  expect(printInteger(graph, 1)).toBe(
    [
      'integer graph small: 1 layers',
      'input in: uint8[1,4,4], scale 0.333333, zero point 128',
      '  conv → map: uint4[2,2,2], scale 0.5, codes 0..15',
      '    main 3×3, stride 2×2, pads 1,1 of in: 3 of 2×9 (16.7 %)',
      '      row 0: {0:7 4:-8}, bias -5, ×20000 >> 15 to even',
      'output map',
      '',
    ].join('\n'),
  )
})
