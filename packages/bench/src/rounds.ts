import type { Figures, Load } from './load.js'
import type { Pair } from './pair/pair.js'

/** A pair, and what it is to do. */
export interface Task {
  readonly pair: Pair
  readonly load: Load
}

/** What was measured of a task, round by round. */
export interface Measurement extends Task {
  readonly rounds: readonly Figures[]
}

/**
 * Lets all do their tasks in turn, as often as there are rounds: what slows the machine for a while slows all alike. The
 * first round, with which they warm up, does not count.
 */
export async function inTurn(tasks: readonly Task[], rounds: number): Promise<Measurement[]> {
  const all = tasks.map((task) => ({ ...task, rounds: [] as Figures[] }))
  for (let round = 0; round <= rounds; round++) {
    for (const { pair, load, rounds } of all) {
      const figures = await pair.measure(load)
      if (round > 0) rounds.push(figures)
    }
  }
  return all
}

export function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b)
  const middle = sorted.length / 2
  const [low = 0, high = low] = sorted.slice(Math.ceil(middle) - 1, Math.floor(middle) + 1)
  return (low + high) / 2
}
