// A worker of `dlp evaluate`: what every candidate says of each picture.

import { serveJobs } from '../worker-pool.ts'
import { type Candidate, classify, openClassifier } from './classifier.ts'

await serveJobs<readonly Candidate[], string, readonly (readonly number[])[]>((candidates) => {
  const opened = candidates.map((candidate) => ({ classifier: openClassifier(candidate), steps: candidate.steps }))
  return async (picture) => {
    const answers: number[][] = []
    for (const { classifier, steps } of opened) answers.push(await classify(classifier, steps, picture))
    return answers
  }
})
