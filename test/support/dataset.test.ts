// The reader of the data set, if the data set is available.

import { describe, expect, test } from 'vitest'
import { elements } from '../../base/defined.ts'
import { cifarSamples, hasCifar, loadCifar } from './dataset.ts'

describe.skipIf(!hasCifar('test'))('CIFAR-10 (in DLP_DATA)', () => {
  test('has 1,000 test pictures of each of 10 classes in alphabetical order', async () => {
    const samples = await cifarSamples('test')
    expect(samples.length).toBe(10_000)
    const counts = new Map<string, number>()
    for (const { className, label } of samples)
      counts.set(`${label} ${className}`, (counts.get(`${label} ${className}`) ?? 0) + 1)
    const names = ['airplane', 'automobile', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck']
    expect([...counts]).toEqual(names.map((name, label) => [`${label} ${name}`, 1000]))
  })

  test('returns normalised tensors, the same for every way of selecting them', async () => {
    const three = await loadCifar('test', { perClass: 3 })
    expect(three.map(({ label }) => label)).toEqual([...Array(30).keys()].map((i) => Math.floor(i / 3)))
    const third = await loadCifar('test', { perClass: 1, skip: 2 })
    expect(third).toEqual(three.filter((_, i) => i % 3 === 2))
    for (const { data } of three) {
      expect(data.length).toBe(3 * 32 * 32)
      expect(Math.min(...data)).toBeGreaterThanOrEqual((0 - 0.485) / 0.229 - 1e-6)
      expect(Math.max(...data)).toBeLessThanOrEqual((1 - 0.406) / 0.225 + 1e-6)
    }
  })

  test('without normalisation is bytes divided by 255', async () => {
    const images = await loadCifar('test', {
      perClass: 1,
      mean: [0, 0, 0],
      standardDeviation: [1 / 255, 1 / 255, 1 / 255],
    })
    const [first] = elements(images, 1)
    expect([...first.data].every((value) => Math.abs(value - Math.round(value)) < 1e-4 && value <= 255.001)).toBe(true)
  })
})
