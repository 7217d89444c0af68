import type { Load } from './load.js'
import type { PairFigures } from './pair/pair.js'
import { median } from './rounds.js'

/** Somebody who has something to do. */
interface Loaded {
  readonly load: Load
}

/**
 * Those side by side whose load is the same object, and has several turns in a round, share their rounds; each other has
 * its rounds to itself.
 */
export function sharingRounds<One extends Loaded>(all: readonly One[]): One[][] {
  const groups: One[][] = []
  for (const one of all) {
    const group = groups.at(-1)
    if (group?.[0]?.load === one.load && turnsOf(group) > 1) group.push(one)
    else groups.push([one])
  }
  return groups
}

/**
 * A round of those that share it: each turn goes through all of them, in an order left to chance, since how long a call
 * takes depends on who had the processors before. Nobody of several has two turns on end, so two alternate. Gives what
 * each has done in all of its turns.
 */
export async function takeTurns<One extends Loaded>(
  group: readonly One[],
  measure: (one: One) => Promise<PairFigures>,
  random = Math.random,
): Promise<PairFigures[]> {
  const turns = turnsOf(group)
  const all = group.map((one) => {
    const milliseconds = Math.ceil(one.load.milliseconds / turns)
    return { own: { ...one, load: { ...one.load, milliseconds } }, given: [] as PairFigures[] }
  })
  let last: (typeof all)[number] | undefined
  for (let turn = 0; turn < turns; turn++) {
    const order = shuffled(all, random)
    const [first, ...others] = order
    for (const one of first !== undefined && first === last ? [...others, first] : order) {
      one.given.push(await measure(one.own))
      last = one
    }
  }
  return all.map(({ given }) => together(given))
}

/** The round that does not count, from the last to the first, as `inTurn` has it. Gives nothing. */
export async function warmUp<One extends Loaded>(
  group: readonly One[],
  measure: (one: One) => Promise<PairFigures>,
): Promise<PairFigures[]> {
  for (const one of group.toReversed()) {
    const { warmUp: milliseconds = one.load.milliseconds } = one.load
    await measure({ ...one, load: { ...one.load, milliseconds } })
  }
  return []
}

/** Of the times, where there are any. */
export function mediansOf(figures: readonly PairFigures[]): Pick<PairFigures, 'p50us' | 'p99us'> {
  const p50us = figures.flatMap(({ p50us }) => p50us ?? [])
  const p99us = figures.flatMap(({ p99us }) => p99us ?? [])
  return p50us.length === 0 ? {} : { p50us: median(p50us), p99us: median(p99us) }
}

function turnsOf([first]: readonly Loaded[]): number {
  return first?.load.turns ?? 1
}

function shuffled<T>(all: readonly T[], random: () => number): T[] {
  return all
    .map((one) => ({ one, place: random() }))
    .toSorted((a, b) => a.place - b.place)
    .map(({ one }) => one)
}

/** Of turns of the same length. */
function together(turns: readonly PairFigures[]): PairFigures {
  return {
    perSecond: turns.reduce((sum, { perSecond }) => sum + perSecond, 0) / turns.length,
    ...mediansOf(turns),
    callerPeak: Math.max(...turns.map(({ callerPeak }) => callerPeak)),
    serverPeak: Math.max(...turns.map(({ serverPeak }) => serverPeak)),
  }
}
