import { loadOf, paceOf } from '../contest.js'
import type { Suite } from '../suite.js'
import { skein, skeinObject } from '../systems/skein.js'
import { barsByLane, columnsOf } from './calls.js'
import { compared } from './pairwise.js'

const WINDOWS = [1, 256]

/** A method of an object that lives on the other side, beside one of a service. */
export const object: Suite = {
  name: 'object',
  summary: 'methods of a resident object, and of a service, in turn',
  systems: [skein, skeinObject],
  columns: columnsOf('calls/s'),

  measure(options) {
    const pace = paceOf(options.quick)
    const loads = WINDOWS.map((window) => {
      const load = loadOf(window, pace)
      return { name: `w${window} object`, ours: load, theirs: load }
    })
    const comparison = { ours: skeinObject, theirs: skein, lanes: skein.lanes, loads, other: 'service' }
    return compared(comparison, pace.rounds, options)
  },

  chart(rows) {
    const widest = Math.max(...WINDOWS)
    const counted = rows.filter(({ window }) => window === widest)
    return barsByLane(counted, `calls per second, window ${widest}`)
  },
}
