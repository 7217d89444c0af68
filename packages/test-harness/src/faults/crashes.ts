import { KILL, type Row, SILENCE } from './row.js'

/** Processes that end, or stand still. */
export const crashes: readonly Row[] = [
  {
    name: 'kill',
    expected: 'three of five are killed, one by one: dead to all who are left, p99 < 500 ms',
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
    expected: 'one is frozen for good: dead to all others, max < 8500 ms',
    setting: 'host',
    bound: SILENCE,
    async play(stage) {
      await stage.open()
      const victim = stage.at(1)
      const at = stage.freeze(victim)
      stage.excuse([victim], stage.others(victim))
      await stage.detected(stage.others(victim), victim, 'dead', at)
      await stage.kill(victim)
      await stage.settle()
    },
  },
]
