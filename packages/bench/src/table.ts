import type { Measured, Suite } from './suite.js'

/** For people, and for Markdown: a line for each measure, and a column for each row, not wider than 80 columns. */
export function tableOf({ name, summary }: Suite, { rows, ratios }: Measured): string {
  const measures = Object.keys(rows[0] ?? {})
  const lines = measures.map((measure) => [measure, ...rows.map((row) => String(row[measure] ?? ''))])
  const widths = lines[0]?.map((_, i) => Math.max(...lines.map((line) => line[i]?.length ?? 0))) ?? []
  const lineOf = (cells: readonly string[]) =>
    `| ${cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join(' | ')} |`
  const rule = `| ${widths.map((width, i) => (i === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)).join(' | ')} |`
  const [head = [], ...others] = lines
  const compared = Object.entries(ratios).map(([ratio, value]) => `- ${ratio}: ${value.toPrecision(3)}`)
  return [`${name}: ${summary}`, '', lineOf(head), rule, ...others.map(lineOf), '', ...compared].join('\n')
}
