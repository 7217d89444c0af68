import type { Mate } from './mate.js'
import { KILL, type Row, SILENCE } from './row.js'
import type { Stage } from './stage.js'

/** How long a short freeze lasts, in milliseconds: less than the heartbeat's timeout. */
const SHORT = 1000

/** Processes that end, or stand still. */
export const crashes: readonly Row[] = [
  {
    name: 'kill',
    expected: 'three of five killed, one by one: dead to all who are left, p99 < 500 ms',
    setting: 'host',
    bound: KILL,
    async play(stage) {
      await stage.open()
      for (const place of [1, 2, 3]) {
        const victim = stage.at(place)
        const at = await stage.kill(victim)
        await stage.detected(stage.others(), victim, 'dead', at)
      }
      await stage.settle()
    },
  },
  {
    name: 'freeze',
    expected: 'one frozen for good: dead to all others, max < 8500 ms',
    setting: 'host',
    bound: SILENCE,
    async play(stage) {
      await stage.open()
      const victim = await frozen(stage)
      await stage.kill(victim)
      await stage.settle()
    },
  },
  {
    name: 'short-freeze',
    expected: 'one frozen for 1 s: dead to nobody',
    setting: 'host',
    async play(stage) {
      await stage.open()
      const victim = stage.at(1)
      stage.freeze(victim)
      await stage.rest(SHORT)
      stage.thaw(victim)
      await stage.settle()
    },
  },
  {
    name: 'resume',
    expected: 'one frozen until all others have it dead, max < 8500 ms, then thawed: alive again to all',
    setting: 'host',
    bound: SILENCE,
    async play(stage) {
      await stage.open()
      const victim = await frozen(stage)
      const since = stage.thaw(victim)
      await stage.settle()
      stage.expectSeen(stage.others(victim), victim, 'alive', since)
    },
  },
  {
    name: 'monitor-restart',
    expected: 'the monitor killed: dead to all, p99 < 500 ms; another one at its address is found by all',
    setting: 'host',
    bound: KILL,
    async play(stage) {
      await stage.open()
      const monitor = stage.at(0)
      const at = await stage.kill(monitor)
      await stage.detected(stage.others(), monitor, 'dead', at)
      await stage.rest(SHORT)
      await stage.start(0, { port: monitor.port })
      await stage.settle()
    },
  },
  {
    name: 'leave',
    expected: 'one stops in order, under load: left to all others, and dead to none, max < 1000 ms',
    setting: 'host',
    bound: { of: 'max', below: 1000 },
    async play(stage) {
      await stage.open()
      const leaver = stage.at(1)
      const at = await stage.leave(leaver)
      await stage.detected(stage.others(), leaver, 'left', at)
      await stage.settle()
    },
  },
]

/** Freezes one until all others have it dead. */
async function frozen(stage: Stage): Promise<Mate> {
  const victim = stage.at(1)
  stage.excuse([victim], stage.others(victim))
  const at = stage.freeze(victim)
  await stage.detected(stage.others(victim), victim, 'dead', at)
  return victim
}
