import { installed } from '../installed.js'
import type { Figures } from '../load.js'
import { Pair } from '../pair/pair.js'
import { inTurn, type Measurement, median, type Task } from '../rounds.js'
import type { Row, Suite } from '../suite.js'
import { systems } from '../systems/systems.js'

const WINDOWS = [1, 8, 64, 256]

const ROUNDS = 5

/** A small object, echoed by everybody in turn. */
export const rpc: Suite = {
  name: 'rpc',
  summary: 'a small object echoed, by Skein and by others in turn',

  async measure({ quick, tell }) {
    const pairs: Pair[] = []
    for (const system of systems) {
      const found = installed(system)
      if ('missing' in found) continue
      for (const lane of system.lanes) {
        tell(`rpc: starting ${system.name} over ${lane}`)
        const pair = new Pair(system, lane)
        pairs.push(pair)
        await pair.start()
      }
    }
    const milliseconds = quick ? 150 : 1000
    const tasks = pairs.flatMap((pair) =>
      WINDOWS.map((window): Task => ({ pair, load: { window, milliseconds } })),
    )
    const measured = await inTurn(tasks, ROUNDS)
    await Promise.all(pairs.map((pair) => pair.end()))
    return { rows: measured.map(rowOf), ratios: ratiosOf(measured) }
  },
}

function rowOf({ pair, load, rounds }: Measurement): Row {
  const rates = rounds.map(({ perSecond }) => perSecond)
  return {
    system: pair.system.name,
    lane: pair.lane,
    window: load.window,
    payload: 'small object',
    perSecond: Math.round(median(rates)),
    low: Math.round(Math.min(...rates)),
    high: Math.round(Math.max(...rates)),
    p50us: Math.round(median(rounds.map(({ p50us }) => p50us))),
    p99us: Math.round(median(rounds.map(({ p99us }) => p99us))),
  }
}

/** Of Skein over each other, round by round. One that has no such lane is compared over that which it has. */
function ratiosOf(all: readonly Measurement[]): Record<string, number> {
  const ratios: Record<string, number> = {}
  for (const ours of all.filter(({ pair }) => pair.system.name === 'skein')) {
    for (const theirs of all) {
      const { system, lane } = theirs.pair
      if (system.name === 'skein' || theirs.load.window !== ours.load.window) continue
      if (lane !== ours.pair.lane && system.lanes.includes(ours.pair.lane)) continue
      const name = `${ours.pair.lane} w${ours.load.window}`
      ratios[`${name} over ${system.name}`] = median(each(ours, theirs, ({ perSecond }) => perSecond))
      if (ours.load.window === 1)
        ratios[`${name} p50 over ${system.name}`] = median(each(ours, theirs, ({ p50us }) => p50us))
    }
  }
  return ratios
}

function each(ours: Measurement, theirs: Measurement, figure: (figures: Figures) => number): number[] {
  return ours.rounds.map((round, i) => {
    const other = theirs.rounds[i]
    return other === undefined ? Number.NaN : figure(round) / figure(other)
  })
}
