// The one error that a user can cause: what was found, where, what is allowed and what to do.

export interface Complaint {
  /** What was found. */
  readonly what: string
  /** Where: a file, node, line, field or section. */
  readonly where?: string
  /** What is allowed there. */
  readonly allowed?: string
  /** What to do about it. */
  readonly help?: string
  /** Lines below the message: an excerpt, a list, or the output of a tool. */
  readonly lines?: readonly string[]
}

/** Thrown for every bad input; the command line prints its message and exits with 1. */
export class DlpError extends Error {
  readonly complaint: Complaint

  constructor(complaint: Complaint) {
    super(describe(complaint))
    this.name = 'DlpError'
    this.complaint = complaint
  }
}

/** A complaint as text: the sentence, then the lines. */
export function describe(complaint: Complaint): string {
  return [sentenceOf(complaint), ...(complaint.lines ?? [])].join('\n')
}

/** The sentence of a complaint: `where: what; allowed: …; help`. */
export function sentenceOf({ what, where, allowed, help }: Complaint): string {
  const head = where === undefined ? what : `${where}: ${what}`
  const middle = allowed === undefined ? '' : `; allowed: ${allowed}`
  return head + middle + (help === undefined ? '' : ` (${help})`)
}

/** Marks a branch that the types exclude. */
export function unreachable(value: never): never {
  throw new Error(`unreachable: ${String(value)}`)
}
