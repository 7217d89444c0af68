import type { Row } from './row.js'
import { PLACES } from './stage.js'

const WHO = 1
const OTHER = 2

/** How long something goes on, in milliseconds. */
const WHILE = 5000

/** A stall that is longer shows, in milliseconds: the peer counts as stalled after 2.5 s. */
const NOTICEABLE = 4000

/** Milliseconds before and after a stall in which a flood comes. */
const AROUND = 500

/** Event loops that have no time. */
export const busy: readonly Row[] = [
  ...[500, 5000, 30_000].map(
    (ms): Row => ({
      name: `stall-${ms / 1000}s`,
      expected: `the event loop of one stuck for ${ms / 1000} s: ${ms > NOTICEABLE ? 'stalled to all others, and ' : ''}dead to nobody`,
      setting: 'host',
      async play(stage) {
        await stage.open()
        const [victim, since] = [stage.at(WHO), stage.now()]
        await stage.have(victim, { name: 'stall', ms })
        await stage.rest(ms)
        await stage.settle()
        if (ms > NOTICEABLE) stage.expectSeen(stage.others(victim), victim, 'stalled', since)
      },
    }),
  ),
  {
    name: 'stall-30s-flood',
    expected:
      'the same for 30 s, flooded by all others with messages of 20 kB: stalled to them, and dead to nobody',
    setting: 'host',
    async play(stage) {
      await stage.open()
      const victim = stage.at(WHO)
      const ms = 30_000 + 2 * AROUND
      const floods = stage
        .others(victim)
        .map((other) => stage.have(other, { name: 'flood', to: victim.known, ms }))
      await stage.rest(AROUND)
      const since = stage.now()
      await stage.have(victim, { name: 'stall', ms: 30_000 })
      await Promise.all(floods)
      await stage.settle()
      stage.expectSeen(stage.others(victim), victim, 'stalled', since)
    },
  },
  {
    name: 'flood',
    expected: 'one floods another with messages of 20 kB for 5 s: dead to nobody',
    setting: 'host',
    async play(stage) {
      await stage.open()
      await stage.have(stage.at(WHO), { name: 'flood', to: stage.at(OTHER).known, ms: WHILE })
      await stage.settle()
    },
  },
  {
    name: 'slow-consumer',
    expected: 'one reads streams without end an item in 50 ms, for 5 s: dead to nobody',
    setting: 'host',
    async play(stage) {
      await stage.open()
      const sips = stage
        .others(stage.at(WHO))
        .map(({ known }) => stage.have(stage.at(WHO), { name: 'sip', from: known }))
      await Promise.all(sips)
      await stage.settle()
    },
  },
  {
    name: 'garbage',
    expected: 'one makes garbage as fast as it can for 5 s, and keeps much of it: dead to nobody',
    setting: 'host',
    async play(stage) {
      await stage.open()
      await stage.have(stage.at(WHO), { name: 'churn', ms: WHILE })
      await stage.settle()
    },
  },
  {
    name: 'descriptors',
    expected: 'one of 80 descriptors has none left for 5 s, while another joins: dead to nobody who knew it',
    setting: 'tcp',
    async play(stage) {
      await stage.open((place) => (place === WHO ? { descriptors: 80 } : {}))
      const victim = stage.at(WHO)
      const hoard = stage.have(victim, { name: 'hoard', ms: WHILE })
      await stage.rest(AROUND)
      const newcomer = await stage.start(PLACES)
      // There can be no connection between these two meanwhile.
      stage.excuse([victim], [newcomer])
      stage.introduce()
      await hoard
      await stage.settle()
    },
  },
]
