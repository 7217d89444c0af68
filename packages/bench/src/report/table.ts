import { markdownTable } from 'markdown-table'
import type { Row } from '../row.js'
import { number, ratioText } from './numbers.js'

/** A column of a table for people. */
export interface Column {
  readonly title: string
  readonly cell: (row: Row) => string
  /** @default whatever suits numbers */
  readonly align?: 'left'
}

const OVER = ' over '

/** Words, as they are. */
export function words(title: string, key = title): Column {
  return { title, cell: (row) => String(row[key] ?? ''), align: 'left' }
}

/** Numbers, to what is meaningful. */
export function numbers(title: string, key = title): Column {
  return { title, cell: (row) => number(row[key]) }
}

/** A line for each row. For people, and for Markdown. */
export function tableOf(columns: readonly Column[], rows: readonly Row[]): string {
  const lines = rows.map((row) => columns.map(({ cell }) => cell(row)))
  const align = columns.map(({ align = 'right' }) => align)
  return markdownTable([columns.map(({ title }) => title), ...lines], { align })
}

/** A line for what is compared, a column for what it is compared with. */
export function ratioTableOf(ratios: Readonly<Record<string, number>>): string {
  const all = Object.entries(ratios).map(([name, ratio]) => {
    const [what = name, other = ''] = name.split(OVER)
    return { what, other, ratio }
  })
  const others = [...new Set(all.map(({ other }) => other))]
  const lines = [...new Set(all.map(({ what }) => what))].map((what) => [
    what,
    ...others.map((other) => ratioText(all.find((one) => one.what === what && one.other === other)?.ratio)),
  ])
  return markdownTable([['over', ...others], ...lines], { align: ['left', ...others.map(() => 'right')] })
}
