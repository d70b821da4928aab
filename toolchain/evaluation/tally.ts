// What the answers are worth: top-1, top-5, the confusion of classes, and two models picture by picture.

import { elementAt, elements } from '../../base/defined.ts'

export interface Tally {
  /** shares of pictures */
  readonly top1: number
  readonly top5: number
  /** [true class][named class] pictures */
  readonly confusion: readonly (readonly number[])[]
}

export interface ModelComparison {
  /** share of pictures to which both give the same class */
  readonly agreement: number
  readonly bothRight: number
  readonly onlyFirst: number
  readonly onlySecond: number
  readonly bothWrong: number
}

/** @param answers classes of each picture, likeliest first */
export function tallyOf(labels: readonly number[], answers: readonly (readonly number[])[], classes: number): Tally {
  const confusion = Array.from({ length: classes }, () => new Array<number>(classes).fill(0))
  let [first, five] = [0, 0]
  for (const [at, label] of labels.entries()) {
    const answer = elementAt(answers, at)
    const [named] = elements(answer, 1)
    elementAt(confusion, label)[named]!++
    if (named === label) first++
    if (answer.includes(label)) five++
  }
  return { top1: first / labels.length, top5: five / labels.length, confusion }
}

/** @param first, second the likeliest class of each picture */
export function comparisonOf(
  labels: readonly number[],
  first: readonly number[],
  second: readonly number[],
): ModelComparison {
  const count = (holds: (at: number) => boolean): number => labels.filter((_, at) => holds(at)).length
  const right = (named: readonly number[], at: number): boolean => named[at] === labels[at]
  return {
    agreement: count((at) => first[at] === second[at]) / labels.length,
    bothRight: count((at) => right(first, at) && right(second, at)),
    onlyFirst: count((at) => right(first, at) && !right(second, at)),
    onlySecond: count((at) => !right(first, at) && right(second, at)),
    bothWrong: count((at) => !right(first, at) && !right(second, at)),
  }
}
