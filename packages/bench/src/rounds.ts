/** What is done again and again; each time gives figures. It is told which round it is, in words, and whether it counts. */
export type Task<Figures> = (round: string, counts: boolean) => Promise<Figures>

/**
 * Lets all do their tasks in turn, as often as there are rounds: what slows the machine for a while slows all alike. The
 * first round, with which they warm up, does not count. It goes backwards: the last of several tasks of the same processes
 * is the one that keeps them busiest, and so warms them up for the others. Resolves with what each task gave, round by round.
 *
 * @param options.isWarm whether all is warm already, or need not be: all rounds count
 */
export async function inTurn<Figures>(
  tasks: readonly Task<Figures>[],
  rounds: number,
  { isWarm = false } = {},
): Promise<Figures[][]> {
  const all = tasks.map((task) => ({ task, given: [] as Figures[] }))
  for (let round = isWarm ? 1 : 0; round <= rounds; round++) {
    const name = round === 0 ? 'warm-up' : `round ${round} of ${rounds}`
    for (const { task, given } of round === 0 ? all.toReversed() : all) {
      const figures = await task(name, round > 0)
      if (round > 0) given.push(figures)
    }
  }
  return all.map(({ given }) => given)
}

export function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b)
  const middle = sorted.length / 2
  const [low = 0, high = low] = sorted.slice(Math.ceil(middle) - 1, Math.floor(middle) + 1)
  return (low + high) / 2
}

/** Of one over another, round by round: the median of that. */
export function ratio(ours: readonly number[], theirs: readonly number[]): number {
  return median(ours.map((figure, i) => figure / (theirs[i] ?? Number.NaN)))
}
