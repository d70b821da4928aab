// What the toolchain says beside its results: whoever calls it decides where that goes.

/** Called with a sentence that a person should read: which file or node, what is odd about it, and what to do. */
export type OnWarning = (text: string) => void

/** Hears nothing. */
export const unheard: OnWarning = () => {}
