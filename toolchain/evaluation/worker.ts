// A worker thread of evaluations: classifies each picture with every candidate.

import type { PictureNote } from '../inputs/input-file.ts'
import { serveJobs } from '../../base/worker-pool.ts'
import { type Candidate, classify, type PictureResult, openClassifier } from './classifier.ts'

await serveJobs<readonly Candidate[], string, PictureResult>((candidates) => {
  const opened = candidates.map((candidate) => ({ classifier: openClassifier(candidate), candidate }))
  return async (picture) => {
    const classes: number[][] = []
    const notes: PictureNote[] = []
    for (const { classifier, candidate } of opened)
      classes.push(await classify(classifier, candidate, picture, (note) => notes.push(note)))
    return { classes, notes }
  }
})
