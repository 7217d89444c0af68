import { type Chart, seriesOf } from '../report/chart.js'
import { spreadOf } from '../report/numbers.js'
import { type Column, numbers, words } from '../report/table.js'
import type { Row } from '../row.js'

/** What a table of calls has, of whatever. */
export function columnsOf(rate: string): Column[] {
  return [
    words('system'),
    words('lane'),
    // To the last digit: it is no measure.
    { title: 'window', cell: ({ window }) => String(window) },
    numbers(rate, 'perSecond'),
    { title: 'spread', cell: (row) => spreadOf(row, 'perSecond') },
    numbers('p50 µs', 'p50us'),
    numbers('p99 µs', 'p99us'),
  ]
}

/** Bars side by side, for each lane. */
export function barsByLane(rows: readonly Row[], rate: string): Chart {
  const categories = [...new Set(rows.map(({ lane }) => String(lane)))]
  const series = seriesOf(rows, categories, {
    name: ({ system }) => String(system),
    category: ({ lane }) => String(lane),
    value: 'perSecond',
  })
  return {
    kind: 'bar',
    x: { title: 'lane', categories },
    y: { title: rate, log: false },
    panels: [{ title: '', series }],
  }
}
