import type { RowResult } from './rig.js'

/** The table's columns: what stands above each, and how wide it is. */
const COLUMNS = [
  ['row', 15],
  ['runs', 4],
  ['p50', 5],
  ['p99', 5],
  ['max', 5],
  ['false', 5],
  ['open', 4],
  ['twice', 5],
  ['', 4],
] as const

/** For people: a line for each row, not wider than 80 columns, and a table for Markdown as well. */
export function tableOf(results: readonly RowResult[]): string {
  const rule = COLUMNS.map(([, width], i) => (i === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`))
  return [lineOf(COLUMNS.map(([name]) => name)), lineOf(rule), ...results.map(cellsOf).map(lineOf)].join('\n')
}

function cellsOf({ name, runs, detectMs, falseDeaths, unsettled, executedTwice, ok }: RowResult): string[] {
  if (ok === null) return [name, '', '', '', '', '', '', '', 'skip']
  const { p50 = '', p99 = '', max = '' } = detectMs ?? {}
  const counts = [runs, p50, p99, max, falseDeaths, unsettled, executedTwice]
  return [name, ...counts.map(String), ok ? 'ok' : 'NO']
}

function lineOf(cells: readonly string[]): string {
  const padded = COLUMNS.map(([, width], i) => {
    const cell = cells[i] ?? ''
    return i === 0 ? cell.padEnd(width) : cell.padStart(width)
  })
  return `| ${padded.join(' | ')} |`
}
