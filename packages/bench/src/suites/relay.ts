import type { Way } from '../relay/orders.js'
import { growthWhenHeld, throughput } from '../relay/throughput.js'
import { seriesOf } from '../report/chart.js'
import { spreadOf } from '../report/numbers.js'
import { numbers, words } from '../report/table.js'
import { inTurn, median, ratio } from '../rounds.js'
import { type Row, rounded } from '../row.js'
import type { Suite } from '../suite.js'
import type { Described } from '../systems/system.js'

const SIZES = [
  { bytes: 64, name: '64 B' },
  { bytes: 1024 ** 2, name: '1 MiB' },
]

const WAYS: readonly Way[] = ['skein relay', 'raw relay', 'direct']

const relays: Described = {
  name: 'skein relay',
  packages: ['@skein/devices'],
  programs: [],
  settings: 'a queue device, ROUTER and DEALER, inline in a process of its own, defaults',
}

const raw: Described = {
  name: 'raw relay',
  packages: ['zeromq'],
  programs: [],
  settings:
    'ROUTER and DEALER of zeromq.js in a process of its own, one await to receive and one to send; direct is none',
}

/** What a device passes on, beside the least that a relay of zeromq.js can be, and a hop without any. */
export const relay: Suite = {
  name: 'relay',
  summary: 'messages a second from a DEALER to a ROUTER, over a relay and without',
  systems: [relays, raw],
  columns: [
    words('way'),
    words('message', 'size'),
    numbers('a second', 'perSecond'),
    { title: 'spread', cell: (row) => spreadOf(row, 'perSecond') },
    numbers('held, MiB more', 'grownMiB'),
  ],

  async measure({ quick, tell, signal }) {
    const rounds = quick ? 2 : 5
    const milliseconds = quick ? 1000 : 3000
    const rows: Row[] = []
    const ratios: Record<string, number> = {}
    for (const { bytes, name } of SIZES) {
      const tasks = WAYS.map((way) => (round: string) => {
        tell(`${name}, ${round}`, way)
        return throughput({ way, bytes, milliseconds }, signal)
      })
      const figures = await inTurn(tasks, rounds)
      for (const [i, way] of WAYS.entries()) {
        const each = figures[i] ?? []
        const grown = way === 'skein relay' ? await growthWhenHeld({ way, bytes, milliseconds }, signal) : 0
        rows.push({
          system: way,
          way,
          size: name,
          perSecond: rounded(median(each)),
          low: rounded(Math.min(...each)),
          high: rounded(Math.max(...each)),
          ...(way === 'skein relay' && { grownMiB: rounded(grown / 1024 ** 2) }),
        })
        if (i > 0) ratios[`${name} over ${way}`] = rounded(ratio(figures[0] ?? [], each))
      }
    }
    return { rows, ratios }
  },

  chart(rows) {
    const categories = SIZES.map(({ name }) => name)
    const reading = {
      name: ({ way }: Row) => String(way),
      category: ({ size }: Row) => String(size),
      value: 'perSecond',
    }
    return {
      kind: 'bar',
      x: { title: 'message', categories },
      y: { title: 'messages per second', log: true },
      panels: [{ title: '', series: seriesOf(rows, categories, reading) }],
    }
  },
}
