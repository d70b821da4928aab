// A small ShuffleNet V2 as PyTorch exports it, with shuffles whose shapes are computed node by node, on `card`.

import { test } from 'vitest'
import { smallShuffleNet } from '../support/shufflenet.ts'
import { checkShuffleNet } from './shufflenet.ts'

test('two blocks of ShuffleNet V2 compile for card, equal the oracle, and are close to ONNX Runtime', async () => {
  await checkShuffleNet(smallShuffleNet)
})
