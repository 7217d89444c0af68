import { type CrowdFigures, crowd } from '../publish/crowd.js'
import type { Way } from '../publish/orders.js'
import { seriesOf } from '../report/chart.js'
import { spreadOf } from '../report/numbers.js'
import { numbers, words } from '../report/table.js'
import { inTurn, median, ratio } from '../rounds.js'
import { type Row, rounded } from '../row.js'
import type { Suite } from '../suite.js'
import type { Described } from '../systems/system.js'

const SUBSCRIBERS = 16

const SIZES = [
  { bytes: 64, name: '64 B' },
  { bytes: 1024, name: '1 KiB' },
]

const WAYS: readonly Way[] = ['skein', 'raw']

const ours: Described = {
  name: 'skein',
  packages: ['@skein/channels'],
  programs: [],
  settings:
    'a PubChannel of binary messages, its context bound, and SubChannels read by `for await`, defaults',
}

const raw: Described = {
  name: 'raw',
  packages: ['zeromq'],
  programs: [],
  settings: 'PUB and SUB of zeromq.js, one await for each message, defaults',
}

/** One who publishes to many, beside the least that this can be. */
export const channels: Suite = {
  name: 'channels',
  summary: `messages a second from one publisher to each of ${SUBSCRIBERS} subscribers`,
  systems: [ours, raw],
  columns: [
    words('system'),
    words('message', 'size'),
    numbers('a second', 'perSecond'),
    { title: 'spread', cell: (row) => spreadOf(row, 'perSecond') },
    numbers('beside one that is stopped', 'besideStopped'),
    numbers('without it', 'withoutIt'),
  ],

  async measure({ quick, tell, signal, systems }) {
    const rounds = quick ? 2 : 5
    const milliseconds = quick ? 1000 : 3000
    const ways = WAYS.filter((way) => systems.some(({ name }) => name === way))
    const rows: Row[] = []
    const ratios: Record<string, number> = {}
    for (const { bytes, name } of SIZES) {
      const load = { subscribers: SUBSCRIBERS, bytes, milliseconds }
      const tasks = ways.map((way) => (round: string) => {
        tell(`${name}, ${round}`, way)
        return crowd({ ...load, way }, signal)
      })
      const figures = await inTurn(tasks, rounds)
      for (const [i, way] of ways.entries()) rows.push(rowOf(way, name, figures[i] ?? []))
      const [of, than] = figures.map((each) => each.map(({ perSecond }) => perSecond))
      if (than !== undefined) ratios[`${name} over raw`] = rounded(ratio(of ?? [], than))
      const [first = []] = figures
      const beside = first.map(({ besideStopped }) => besideStopped)
      const before = first.map(({ perSecond }) => perSecond)
      const without = first.map(({ withoutIt }) => withoutIt)
      ratios[`${name} beside one that is stopped over before`] = rounded(ratio(beside, before))
      ratios[`${name} beside one that is stopped over without it`] = rounded(ratio(beside, without))
    }
    return { rows, ratios }
  },

  chart(rows) {
    const categories = SIZES.map(({ name }) => name)
    const reading = {
      name: ({ system }: Row) => String(system),
      category: ({ size }: Row) => String(size),
      value: 'perSecond',
    }
    return {
      kind: 'bar',
      x: { title: 'message', categories },
      y: { title: 'messages per second, to each', log: false },
      panels: [{ title: '', series: seriesOf(rows, categories, reading) }],
    }
  },
}

function rowOf(system: Way, size: string, figures: readonly CrowdFigures[]): Row {
  const rates = figures.map(({ perSecond }) => perSecond)
  return {
    system,
    size,
    perSecond: rounded(median(rates)),
    low: rounded(Math.min(...rates)),
    high: rounded(Math.max(...rates)),
    besideStopped: rounded(median(figures.map(({ besideStopped }) => besideStopped))),
    withoutIt: rounded(median(figures.map(({ withoutIt }) => withoutIt))),
  }
}
