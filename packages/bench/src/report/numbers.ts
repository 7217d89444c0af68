import type { Row } from '../row.js'

const three = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 })

const always = new Intl.NumberFormat('en', { minimumSignificantDigits: 3, maximumSignificantDigits: 3 })

/** Three digits, those of a large number in groups: `161 000`, `6.50`; a small whole number as it is. Nothing where there is none. */
export function number(given: string | number | undefined): string {
  if (typeof given !== 'number' || Number.isNaN(given)) return ''
  const format = Number.isInteger(given) ? three : always
  return format.format(given).replaceAll(',', ' ')
}

/** How far the rounds lie apart, in percent of their median. */
export function spread(middle: number, low: number, high: number): string {
  return `${Math.round((100 * (high - low)) / middle)} %`
}

/** That of a row whose measure is `key`, with its `low` and `high`. */
export function spreadOf(row: Row, key: string): string {
  const [middle, low, high] = [row[key], row.low, row.high]
  if (typeof middle !== 'number' || typeof low !== 'number' || typeof high !== 'number') return ''
  return spread(middle, low, high)
}

/** Always three digits, so that a column of ratios is read at a glance: `1.10`. Nothing where there is none. */
export function ratioText(ratio: number | undefined): string {
  return ratio === undefined || Number.isNaN(ratio) ? '' : always.format(ratio).replaceAll(',', ' ')
}

const UNITS = ['B', 'KiB', 'MiB', 'GiB']

/** As `64 KiB`. */
export function bytes(count: number): string {
  const power = Math.min(UNITS.length - 1, Math.floor(Math.log2(Math.max(1, count)) / 10))
  return `${number(count / 1024 ** power)} ${UNITS[power]}`
}
