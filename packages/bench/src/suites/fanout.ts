import { paceOf } from '../contest.js'
import type { Suite } from '../suite.js'
import { skein, skeinMany } from '../systems/skein.js'
import type { Lane } from '../systems/system.js'
import { barsByLane, columnsOf } from './calls.js'
import { compared } from './pairwise.js'

const WINDOW = 256

/** Until V8 has compiled, in each of the workers, what each of them is seldom asked for, in milliseconds. */
const WARM_UP = 25_000
const QUICK_WARM_UP = 3000

const LANES: readonly Lane[] = ['tcp', 'ipc']

/** One who calls many: what that costs him beside calling one. */
export const fanout: Suite = {
  name: 'fanout',
  summary: 'one caller and 16 workers, and one caller and one, in turn',
  systems: [skein, skeinMany],
  columns: columnsOf('calls/s'),

  measure(options) {
    const { rounds, milliseconds } = paceOf(options.quick)
    const load = { window: WINDOW, milliseconds }
    const warmUp = options.quick ? QUICK_WARM_UP : WARM_UP
    const loads = [{ name: `w${WINDOW} 16 workers`, ours: { ...load, warmUp }, theirs: load }]
    return compared(
      { ours: skeinMany, theirs: skein, lanes: LANES, loads, other: '1 worker' },
      rounds,
      options,
    )
  },

  chart(rows) {
    return barsByLane(rows, 'calls per second, all workers together')
  },
}
