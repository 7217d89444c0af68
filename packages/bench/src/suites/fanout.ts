import { contest, paceOf, rowOf } from '../contest.js'
import { ratio } from '../rounds.js'
import type { Suite } from '../suite.js'
import { raw, rawMany } from '../systems/raw.js'
import { skein, skeinMany } from '../systems/skein.js'
import type { Lane, System } from '../systems/system.js'
import { barsByLane, columnsOf } from './calls.js'
import { ratesOf } from './pairwise.js'

const WINDOW = 256

/** Until V8 has compiled, in each of the workers, what each of them is seldom asked for, in milliseconds. */
const WARM_UP = 25_000
const QUICK_WARM_UP = 3000

const LANES: readonly Lane[] = ['tcp', 'ipc']

/** One who calls many: what that costs him beside calling one, and beside doing it with nothing but sockets. */
export const fanout: Suite = {
  name: 'fanout',
  summary: 'one caller and 16 workers, and one caller and one, in turn; and the same of bare sockets',
  systems: [skein, skeinMany, raw, rawMany],
  columns: columnsOf('calls/s'),

  async measure(options) {
    const { rounds, milliseconds } = paceOf(options.quick)
    const one = { window: WINDOW, milliseconds }
    const many = { ...one, warmUp: options.quick ? QUICK_WARM_UP : WARM_UP }
    const entries = LANES.flatMap((lane) => [
      { system: skeinMany, lane, load: many },
      { system: skein, lane, load: one },
      { system: rawMany, lane, load: many },
      { system: raw, lane, load: one },
    ])
    const measured = await contest(entries, rounds, options)
    const over = (lane: Lane, ours: System, theirs: System): number => {
      const [a, b] = [ours, theirs].map((system) =>
        ratesOf(measured.find((entry) => entry.system === system && entry.lane === lane)),
      )
      return ratio(a ?? [], b ?? [])
    }
    const ratios = LANES.flatMap((lane) => [
      [`${lane} w${WINDOW} 16 workers over 1 worker`, over(lane, skeinMany, skein)],
      [`${lane} w${WINDOW} raw 16 workers over raw 1 worker`, over(lane, rawMany, raw)],
      [`${lane} w${WINDOW} 16 workers over raw 16 workers`, over(lane, skeinMany, rawMany)],
    ])
    return { rows: measured.map(rowOf), ratios: Object.fromEntries(ratios) }
  },

  chart(rows) {
    return barsByLane(rows, 'calls per second, all workers together')
  },
}
