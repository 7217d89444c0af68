import { paceOf } from '../contest.js'
import type { Suite } from '../suite.js'
import { skein, skeinStream } from '../systems/skein.js'
import { barsByLane, columnsOf } from './calls.js'
import { compared } from './pairwise.js'

const WINDOW = 256

/** What a generator method yields, beside as many calls as pay. */
export const stream: Suite = {
  name: 'stream',
  summary: `items of one stream, and calls with ${WINDOW} under way, in turn`,
  systems: [skein, skeinStream],
  columns: columnsOf('a second'),

  measure(options) {
    const { rounds, milliseconds, warmUp } = paceOf(options.quick)
    const time = { milliseconds, warmUp }
    const loads = [{ name: 'stream', ours: { window: 1, ...time }, theirs: { window: WINDOW, ...time } }]
    const lanes = skein.lanes
    const comparison = { ours: skeinStream, theirs: skein, lanes, loads, other: `w${WINDOW} calls` }
    return compared(comparison, rounds, options)
  },

  chart(rows) {
    return barsByLane(rows, 'items, or calls, per second')
  },
}
