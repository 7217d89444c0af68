import type { Row } from '../row.js'

/** A line, or bars of one colour. */
export interface Series {
  readonly name: string
  /** One for each category; where there is none, nothing is drawn. */
  readonly values: readonly (number | undefined)[]
}

export interface Chart {
  readonly kind: 'line' | 'bar'
  readonly x: { readonly title: string; readonly categories: readonly string[] }
  readonly y: { readonly title: string; readonly log: boolean }
  /** Beside each other. */
  readonly panels: readonly { readonly title: string; readonly series: readonly Series[] }[]
}

/** How rows become series: what each is called by, where it stands, and how high. */
export interface Reading {
  readonly name: (row: Row) => string
  readonly category: (row: Row) => string
  /** The name of the measure. */
  readonly value: string
}

export function seriesOf(
  rows: readonly Row[],
  categories: readonly string[],
  { name, category, value }: Reading,
): Series[] {
  return [...new Set(rows.map(name))].map((one) => ({
    name: one,
    values: categories.map((here) => {
      const row = rows.find((row) => name(row) === one && category(row) === here)
      return numberAt(row, value)
    }),
  }))
}

function numberAt(row: Row | undefined, key: string): number | undefined {
  const value = row?.[key]
  return typeof value === 'number' ? value : undefined
}
