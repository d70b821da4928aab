// Suggestions for misspelt names.

import { distance } from 'fastest-levenshtein'

/** Longer words are not compared: they are no typing errors, and the time grows with the square of the length. */
const longestWord = 200
/** Least length of a word that may stand for the only name that contains it. */
const shortestPart = 3

/** `did you mean '…'?` where one of the names is similar enough. */
export function didYouMean(word: string, names: Iterable<string>): string | undefined {
  const near = nearest(word, names)
  return near === undefined ? undefined : `did you mean '${near}'?`
}

/** The name with the fewest differing letters, at most a third of the word's; otherwise the only name that contains the word. */
export function nearest(word: string, names: Iterable<string>): string | undefined {
  if (word === '' || word.length > longestWord) return undefined
  const lowerCase = word.toLowerCase()
  const all = [...names].filter((name) => name !== '' && name.length <= 2 * longestWord)
  let best: string | undefined
  let least = word.length < 4 ? 1 : Math.max(2, Math.floor(word.length / 3))
  for (const name of all) {
    const differing = distance(lowerCase, name.toLowerCase())
    if (differing > least || (differing === least && best !== undefined)) continue
    best = name
    least = differing
  }
  if (best !== undefined || word.length < shortestPart) return best
  const [only, ...others] = all.filter((name) => name.toLowerCase().includes(lowerCase))
  return others.length === 0 ? only : undefined
}
