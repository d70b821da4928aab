// Accuracy of predictions: top-1, top-5, the confusion matrix, and two models compared picture by picture.

import { elementAt, elements } from '../../base/defined.ts'

export interface Tally {
  /** shares of pictures */
  readonly top1: number
  readonly top5: number
  /** [true class][predicted class] number of pictures */
  readonly confusion: readonly (readonly number[])[]
}

export interface ModelComparison {
  /** share of pictures for which both predict the same class */
  readonly agreement: number
  readonly bothRight: number
  readonly onlyFirst: number
  readonly onlySecond: number
  readonly bothWrong: number
}

/** @param predictions classes of each picture, most likely first */
export function tallyOf(
  labels: readonly number[],
  predictions: readonly (readonly number[])[],
  classes: number,
): Tally {
  const confusion = Array.from({ length: classes }, () => new Array<number>(classes).fill(0))
  let [first, five] = [0, 0]
  for (const [at, label] of labels.entries()) {
    const classesOfPicture = elementAt(predictions, at)
    const [predicted] = elements(classesOfPicture, 1)
    elementAt(confusion, label)[predicted]!++
    if (predicted === label) first++
    if (classesOfPicture.includes(label)) five++
  }
  return { top1: first / labels.length, top5: five / labels.length, confusion }
}

/** @param first, second the most likely class of each picture */
export function comparisonOf(
  labels: readonly number[],
  first: readonly number[],
  second: readonly number[],
): ModelComparison {
  const count = (holds: (at: number) => boolean): number => labels.filter((_, at) => holds(at)).length
  const right = (predicted: readonly number[], at: number): boolean => predicted[at] === labels[at]
  return {
    agreement: count((at) => first[at] === second[at]) / labels.length,
    bothRight: count((at) => right(first, at) && right(second, at)),
    onlyFirst: count((at) => right(first, at) && !right(second, at)),
    onlySecond: count((at) => !right(first, at) && right(second, at)),
    bothWrong: count((at) => !right(first, at) && !right(second, at)),
  }
}
