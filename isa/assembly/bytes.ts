// Bytes as lines of hex and back: 32 bytes a line, runs of zero lines by their length.

/** Bytes of a printed line. */
const lineBytes = 32

/** Hex lines of 32 bytes; two or more lines of zeros become `.zero <bytes>`. */
export function bytesToLines(bytes: Uint8Array): string[] {
  const hex = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')
  const lines: string[] = []
  let zeros = 0
  const flush = (): void => {
    if (zeros === 1) lines.push('00'.repeat(lineBytes))
    else if (zeros > 1) lines.push(`.zero ${zeros * lineBytes}`)
    zeros = 0
  }
  for (let at = 0; at < bytes.length; at += lineBytes) {
    if (at + lineBytes <= bytes.length && isZero(bytes, at, at + lineBytes)) {
      zeros++
      continue
    }
    flush()
    lines.push(hex.slice(2 * at, 2 * (at + lineBytes)))
  }
  flush()
  return lines
}

/** The location of a line with an odd number of digits. */
export interface OddLine {
  /** lines after the block's first */
  readonly line: number
  readonly offset: number
  readonly length: number
}

/** The bytes of a block of hex digits, blanks and line ends; digits without a blank between them come in pairs. */
export function hexToBytes(block: string): Uint8Array | OddLine {
  const bytes = new Uint8Array(block.length >> 1)
  let length = 0
  let line = 0
  let at = 0
  while (at < block.length) {
    const start = at
    while (at + 1 < block.length) {
      const [high, low] = [digit(block.charCodeAt(at)), digit(block.charCodeAt(at + 1))]
      if (high < 0 || low < 0) break
      bytes[length++] = (high << 4) | low
      at += 2
    }
    if (at >= block.length) break
    if (digit(block.charCodeAt(at)) >= 0) return { line, offset: start, length: at + 1 - start }
    if (block.charCodeAt(at) === 10) line++
    at++
  }
  return bytes.subarray(0, length)
}

function digit(code: number): number {
  if (code >= 48 && code <= 57) return code - 48
  const lower = code | 32
  return lower >= 97 && lower <= 102 ? lower - 87 : -1
}

function isZero(bytes: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (bytes[at] !== 0) return false
  return true
}
