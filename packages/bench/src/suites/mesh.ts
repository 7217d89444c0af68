import { knowing } from '../mesh/knowing-time.js'
import { linkCost } from '../mesh/link-cost.js'
import { seriesOf } from '../report/chart.js'
import { spreadOf } from '../report/numbers.js'
import { numbers, words } from '../report/table.js'
import type { Row } from '../row.js'
import type { Suite } from '../suite.js'
import type { Described } from '../systems/system.js'

const COUNTS = [8, 32, 128]

/** What a peer that is linked and does nothing may take of memory, in KiB. */
const BUDGET = 256

/** Runtimes, each with the settings that it has when nobody sets any. */
const runtimes: Described = {
  name: 'skein mesh',
  packages: ['skein'],
  programs: [],
  settings: 'runtimes with a monitor, defaults: whatever lane is cheapest',
}

/** How soon all know each other, and what it costs that they do. */
export const mesh: Suite = {
  name: 'mesh',
  summary: 'how soon runtimes know each other; memory of those that are linked',
  systems: [runtimes],
  columns: [
    words('what'),
    numbers('runtimes'),
    numbers('in processes', 'processes'),
    numbers('known ms', 'knownMs'),
    { title: 'spread', cell: (row) => spreadOf(row, 'knownMs') },
    numbers('KiB/peer', 'kibPerPeer'),
    numbers('% of core', 'corePercent'),
  ],

  async measure({ quick, ...options }) {
    const rows: Row[] = []
    for (const count of COUNTS) rows.push(await knowing(count, quick ? 2 : 5, options))
    const idle = await linkCost(quick ? 5 : 30, options)
    return {
      rows: [...rows, idle].map((row) => ({ system: runtimes.name, ...row })),
      ratios: { [`memory of a linked peer over ${BUDGET} KiB`]: Number(idle.kibPerPeer) / BUDGET },
    }
  },

  chart(rows) {
    const categories = COUNTS.map(String)
    const reading = {
      name: ({ system }: Row) => String(system),
      category: ({ runtimes }: Row) => String(runtimes),
      value: 'knownMs',
    }
    return {
      kind: 'line',
      x: { title: 'runtimes', categories },
      y: { title: 'milliseconds until all know each other', log: true },
      panels: [{ title: '', series: seriesOf(rows.slice(0, COUNTS.length), categories, reading) }],
    }
  },
}
