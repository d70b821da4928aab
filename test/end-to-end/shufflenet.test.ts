// A small ShuffleNet V2 as PyTorch exports it, its shuffles spelled by shapes computed node by node, on `card`.

import { test } from 'vitest'
import { smallShuffleNet } from '../support/shufflenet.ts'
import { checkShuffleNet } from './shufflenet.ts'

test('two blocks of ShuffleNet V2 compile for card, equal the oracle, and are near ONNX Runtime', async () => {
  await checkShuffleNet(smallShuffleNet)
})
