import { type LoadSize, load, type Outcome } from '../broker/load.js'
import { seriesOf } from '../report/chart.js'
import { numbers, words } from '../report/table.js'
import { median } from '../rounds.js'
import { type Row, rounded } from '../row.js'
import type { Suite } from '../suite.js'
import type { Described } from '../systems/system.js'

/** A hundred workers and a thousand clients, and a process of five workers killed every second. */
const FULL: LoadSize = { workers: [20, 5], clients: [10, 100], seconds: 60, killEvery: 1, pauseMs: 1000 }

const SMALL: LoadSize = { workers: [3, 10], clients: [2, 10], seconds: 5, killEvery: 1, pauseMs: 50 }

const MIB = 1024 * 1024

const loaded: Described = {
  name: 'skein broker',
  packages: ['skein'],
  programs: [],
  settings: 'timeout 5 s, handshake.timeout 60 s, else defaults; each request takes 5 ms at its worker',
}

/**
 * Clients that ask through a broker while workers are killed: every request must settle, and with the answer of a worker
 * that has its keyword.
 */
export const broker: Suite = {
  name: 'broker',
  summary: 'a broker with 100 workers and 1000 clients, a process of workers killed every second',
  systems: [loaded],
  columns: [
    numbers('workers'),
    numbers('clients'),
    numbers('seconds'),
    numbers('killed'),
    numbers('known ms', 'knownMs'),
    numbers('asked'),
    numbers('answered'),
    numbers('failed'),
    words('with'),
    numbers('unsettled'),
    numbers('wrong'),
    numbers('longest ms', 'longestMs'),
    numbers('MiB first', 'firstMiB'),
    numbers('MiB half', 'halfMiB'),
    numbers('MiB last', 'lastMiB'),
  ],

  async measure({ quick, ...options }) {
    const size = quick ? SMALL : FULL
    const outcome = await load(size, options)
    return { rows: [rowOf(size, outcome)], ratios: { 'last memory over first': memoryGrowth(outcome) } }
  },

  chart(rows) {
    const categories = rows.map(({ clients }) => String(clients))
    const reading = {
      name: ({ system }: Row) => String(system),
      category: ({ clients }: Row) => String(clients),
      value: 'answered',
    }
    return {
      kind: 'bar',
      x: { title: 'clients', categories },
      y: { title: 'requests answered', log: false },
      panels: [{ title: '', series: seriesOf(rows, categories, reading) }],
    }
  },
}

function rowOf(size: LoadSize, { account, killed, knownMs, memory, workersLeft, clientsLeft }: Outcome): Row {
  const { asked, answered, unsettled, wrong, longestMs } = account
  const [first, half, last] = memory.map((bytes) => rounded(bytes / MIB))
  return {
    system: loaded.name,
    workers: workersLeft,
    clients: clientsLeft,
    seconds: size.seconds,
    killed: killed * size.workers[1],
    knownMs: rounded(median(knownMs)),
    asked,
    answered,
    failed: asked - answered - unsettled,
    with: Object.entries(account.failed)
      .map(([what, n]) => `${n} × ${what}`)
      .join(', '),
    unsettled,
    wrong,
    longestMs: rounded(longestMs),
    firstMiB: first ?? 0,
    halfMiB: half ?? 0,
    lastMiB: last ?? 0,
  }
}

function memoryGrowth({ memory: [first, , last] }: Outcome): number {
  return rounded(last / first)
}
