// Counted nouns in messages.

/** '1 beat', '2 beats'; a count that is already text is used as it is. */
export function counted(count: number | string, thing: string, things = `${thing}s`): string {
  return `${count} ${String(count) === '1' ? thing : things}`
}
