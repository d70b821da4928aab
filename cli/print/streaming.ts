// The cost of streamed weights in one line.

import type { Streaming } from '../../toolchain/reports/streaming.ts'
import { byteSize, percent, whole } from './table.ts'

export const streamingText = ({ bytes, waitCycles, cycles }: Streaming): string =>
  `${byteSize(bytes)} an image; ${whole(waitCycles)} of ${whole(cycles)} cycles (${percent(waitCycles / cycles)}) wait for them`
