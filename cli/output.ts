// Where the command line's words go: results to standard output, everything else to standard error.

/** Prints a result, a line end after it. */
export function print(text: string): void {
  process.stdout.write(`${text}\n`)
}

/** Prints what is not a result: warnings and errors. */
export function remark(text: string): void {
  process.stderr.write(`${text}\n`)
}

/** Prints one JSON object. */
export function printJson(value: object): void {
  print(JSON.stringify(value, undefined, 2))
}
