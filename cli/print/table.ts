// Text elements: aligned tables, numbers with units, percentages.

import { elementAt } from '../../base/defined.ts'
import { visible } from '../../base/visible.ts'
import { type PrintableText, printableLines } from '../output.ts'

/**
 * Lines of aligned cells under headings and a rule, without trailing spaces.
 * @param headings columns whose heading begins with `>` are aligned to the right, as numbers are
 */
export function table(headings: readonly string[], given: readonly (readonly string[])[]): PrintableText {
  const rows = given.map((cells) => cells.map(visible))
  const titles = headings.map((heading) => heading.replace(/^>/, ''))
  const widths = titles.map((title, index) => Math.max(title.length, ...rows.map((row) => (row[index] ?? '').length)))
  const line = (cells: readonly string[]): string =>
    headings
      .map((heading, index) => {
        const cell = cells[index] ?? ''
        const width = elementAt(widths, index)
        return heading.startsWith('>') ? cell.padStart(width) : cell.padEnd(width)
      })
      .join('  ')
      .trimEnd()
  return printableLines([line(titles), widths.map((width) => '─'.repeat(width)).join('  '), ...rows.map(line)])
}

/** Names and values, one pair on each line, with the values aligned. */
export function facts(entries: readonly (readonly [name: string, value: string])[]): PrintableText {
  const width = Math.max(0, ...entries.map(([name]) => visible(name).length))
  return printableLines(entries.map(([name, value]) => `${visible(name).padEnd(width)}  ${value}`))
}

/** 1234567 as `1,234,567`. */
export const whole = (value: number): string => Math.round(value).toLocaleString('en-US')

/** 0.1234 as `12.3 %`. */
export const percent = (share: number): string => `${(100 * share).toFixed(1)} %`

/** Bytes in the largest unit that leaves at least 1. */
export function byteSize(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`
  const units = ['KiB', 'MiB', 'GiB']
  const unit = Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10) - 1)
  return `${(bytes / 1024 ** (unit + 1)).toFixed(1)} ${elementAt(units, unit)}`
}
