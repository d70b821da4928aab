// The name that somebody meant who wrote another one.

import { distance } from 'fastest-levenshtein'

/** Longer words are no slip of the finger, and comparing takes their length squared. */
const longestWord = 200
/** Letters from which on a part of a name tells which one is meant. */
const shortestPart = 3

/** `did you mean '…'?` where one of the names is near enough, for a message's advice. */
export function didYouMean(word: string, names: Iterable<string>): string | undefined {
  const near = nearest(word, names)
  return near === undefined ? undefined : `did you mean '${near}'?`
}

/** The name that differs in the fewest letters, at most a third of the word's; else the only one that the word is a part of. */
export function nearest(word: string, names: Iterable<string>): string | undefined {
  if (word === '' || word.length > longestWord) return undefined
  const wanted = word.toLowerCase()
  const all = [...names].filter((name) => name !== '' && name.length <= 2 * longestWord)
  let best: string | undefined
  let least = word.length < 4 ? 1 : Math.max(2, Math.floor(word.length / 3))
  for (const name of all) {
    const differing = distance(wanted, name.toLowerCase())
    if (differing > least || (differing === least && best !== undefined)) continue
    best = name
    least = differing
  }
  if (best !== undefined || word.length < shortestPart) return best
  const [only, ...others] = all.filter((name) => name.toLowerCase().includes(wanted))
  return others.length === 0 ? only : undefined
}
