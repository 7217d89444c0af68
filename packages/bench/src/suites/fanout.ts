import { contest, type Entry, paceOf, rowOf } from '../contest.js'
import type { Chart } from '../report/chart.js'
import { ratio } from '../rounds.js'
import type { Suite } from '../suite.js'
import { raw, rawMany } from '../systems/raw.js'
import { skein, skeinMany } from '../systems/skein.js'
import type { Lane, System } from '../systems/system.js'
import { barsByLane, columnsOf } from './calls.js'
import { ratesOf } from './pairwise.js'

/** With many workers: of all together, or of each. */
const WINDOW = 256
const WORKERS = 16
const EACH_WINDOW = WORKERS * WINDOW

const LANES: readonly Lane[] = ['tcp', 'ipc']

/** One who calls many: what that costs him beside calling one, and beside doing it with nothing but sockets. */
export const fanout: Suite = {
  name: 'fanout',
  summary: 'one caller and 16 workers, and one caller and one, in turn; and the same of bare sockets',
  systems: [skein, skeinMany, raw, rawMany],
  columns: columnsOf('calls/s'),

  async measure(options) {
    const { rounds, milliseconds, warmUp, sharedWarmUp } = paceOf(options.quick)
    const entries = LANES.flatMap((lane) =>
      [
        { one: skein, many: skeinMany },
        { one: raw, many: rawMany },
      ].flatMap(({ one, many }): Entry[] => [
        { system: many, lane, load: { window: WINDOW, milliseconds } },
        // The processes are the same. They warm up with this, by which each is called more often.
        { system: many, lane, load: { window: EACH_WINDOW, milliseconds, warmUp: sharedWarmUp } },
        { system: one, lane, load: { window: WINDOW, milliseconds, warmUp } },
      ]),
    )
    const measured = await contest(entries, rounds, options)
    const rates = (lane: Lane, system: System, window: number): number[] =>
      ratesOf(measured.find((it) => it.system === system && it.lane === lane && it.load.window === window))
    const ratios = LANES.flatMap((lane) => {
      const [ours, theirs] = [rates(lane, skein, WINDOW), rates(lane, raw, WINDOW)]
      return [
        { name: `${lane} w${WINDOW}`, window: WINDOW },
        { name: `${lane} w${WINDOW} each`, window: EACH_WINDOW },
      ].flatMap(({ name, window }) => {
        const [ourMany, theirMany] = [rates(lane, skeinMany, window), rates(lane, rawMany, window)]
        return [
          [`${name} 16 workers over 1 worker`, ratio(ourMany, ours)],
          [`${name} raw 16 workers over raw 1 worker`, ratio(theirMany, theirs)],
          [`${name} 16 workers over raw 16 workers`, ratio(ourMany, theirMany)],
        ]
      })
    })
    return { rows: measured.map(rowOf), ratios: Object.fromEntries(ratios) }
  },

  chart(rows): Chart {
    const named = rows.map((row) => ({
      ...row,
      system: row.window === EACH_WINDOW ? `${row.system}, ${WINDOW} each` : String(row.system),
    }))
    return barsByLane(named, 'calls per second, all workers together')
  },
}
