import type { Row } from './row.js'
import { PLACES } from './stage.js'

const WHO = 1

/** Cuts of a row, and milliseconds between two of them. */
const CUTS = 5
const BETWEEN = 4000

/** Connections that break. */
export const lines: readonly Row[] = [
  {
    name: 'cuts',
    expected:
      'five times all connections to one are reset in the midst of long streams: suspect to all others, and dead to nobody',
    setting: 'proxies',
    async play(stage) {
      await stage.open()
      const victim = stage.at(WHO)
      const others = stage.others(victim)
      const since = stage.now()
      for (let cut = 0; cut < CUTS; cut++) {
        const reads = [
          stage.have(victim, { name: 'read', from: others.map(({ known }) => known) }),
          ...others.map((other) => stage.have(other, { name: 'read', from: [victim.known] })),
        ]
        await stage.crew.proxy(WHO).cutAfter(50_000)
        await Promise.all(reads)
      }
      await stage.settle()
      stage.expectSeen(others, victim, 'suspect', since)
    },
  },
  {
    name: 'delay-cuts',
    expected:
      'all bytes take 100 to 300 ms, and five times the connections to one are reset: suspect to all others, and dead to nobody',
    setting: 'proxies',
    async play(stage) {
      await stage.open()
      for (let place = 0; place < PLACES; place++) stage.crew.proxy(place).delay(100, 300)
      await stage.rest(BETWEEN)
      const [victim, since] = [stage.at(WHO), stage.now()]
      for (let cut = 0; cut < CUTS; cut++) {
        stage.crew.proxy(WHO).cut()
        await stage.rest(BETWEEN)
      }
      await stage.settle()
      stage.expectSeen(stage.others(victim), victim, 'suspect', since)
    },
  },
]
