import type { Lanes } from '../mesh/orders.js'
import { withProcesses } from '../mesh/process.js'
import { seriesOf } from '../report/chart.js'
import { numbers, words } from '../report/table.js'
import type { Row } from '../row.js'
import type { Suite } from '../suite.js'
import type { Described } from '../systems/system.js'

/** Lanes that runtimes in one process may use. */
const LANES: readonly Lanes[] = [['inproc', 'ipc', 'tcp'], ['ipc'], ['tcp']]

/** What it may take in all beside what it measures, in milliseconds. */
const LIMIT = 120_000

const runtimes: Described = {
  name: 'skein at rest',
  packages: ['skein'],
  programs: [],
  settings: 'runtimes with a monitor over these lanes, defaults',
}

/**
 * 200 runtimes in one process, each linked to the monitor, and 200 pairs linked besides: what it costs to watch over them,
 * beyond what as many take that know of nobody.
 */
export const rest: Suite = {
  name: 'rest',
  summary: '201 runtimes and some 400 links in one process, with nothing to do',
  systems: [runtimes],
  columns: [
    words('lanes'),
    numbers('runtimes'),
    numbers('links'),
    numbers('% alone', 'alonePercent'),
    numbers('% linked', 'corePercent'),
    numbers('% hearts', 'heartsPercent'),
    numbers('unwell', 'takenForUnwell'),
    numbers('linked ms', 'linkedMs'),
    numbers('MiB', 'rssMiB'),
  ],

  async measure({ quick, tell, signal }) {
    const rows: Row[] = []
    const seconds = quick ? 10 : 60
    for (const lanes of LANES) {
      tell(`lanes ${lanes.join()}`)
      const row = await withProcesses(1, signal, async ([one]) => {
        if (one === undefined) throw new RangeError('there is no process')
        return one.ask<Row>({ kind: 'rest', lanes, seconds }, 2 * seconds * 1000 + LIMIT)
      })
      rows.push({ system: runtimes.name, ...row })
    }
    const ratios = rows.flatMap(({ lanes, corePercent, heartsPercent }) => [
      [`${lanes} at rest over one core`, Number(corePercent) / 100],
      [`${lanes} hearts over one core`, Number(heartsPercent) / 100],
    ])
    return { rows, ratios: Object.fromEntries(ratios) }
  },

  chart(rows) {
    const categories = rows.map(({ lanes }) => String(lanes))
    const reading = {
      name: ({ system }: Row) => String(system),
      category: ({ lanes }: Row) => String(lanes),
      value: 'corePercent',
    }
    return {
      kind: 'bar',
      x: { title: 'lanes', categories },
      y: { title: 'percent of one processor', log: false },
      panels: [{ title: '', series: seriesOf(rows, categories, reading) }],
    }
  },
}
