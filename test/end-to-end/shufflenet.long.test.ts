// ShuffleNet V2 ×1.0 at 224×224 as PyTorch exports it, on `card`; the everyday tests run a small one.

import { test } from 'vitest'
import { fullShuffleNet } from '../support/shufflenet.ts'
import { checkShuffleNet } from './shufflenet.ts'

test('ShuffleNet V2 compiles for card, equals the oracle, and is close to ONNX Runtime', async () => {
  await checkShuffleNet(fullShuffleNet)
})
