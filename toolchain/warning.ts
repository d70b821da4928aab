// Warnings of the toolchain, which the caller receives.

/** Called with a sentence for people: which file or node, what is unusual about it, and what to do. */
export type OnWarning = (text: string) => void

/** Ignores warnings. */
export const ignoreWarning: OnWarning = () => {}
