import { unlessAborted } from './interruption.js'
import type { Load } from './load.js'
import { Pair, type PairFigures } from './pair/pair.js'
import { bytes } from './report/numbers.js'
import { inTurn, median } from './rounds.js'
import { type Row, rounded } from './row.js'
import type { SuiteOptions } from './suite.js'
import type { Lane, System } from './systems/system.js'
import { mediansOf, sharingRounds, takeTurns, warmUp } from './turns.js'

/** Who does what in a contest. */
export interface Entry {
  readonly system: System
  readonly lane: Lane
  readonly load: Load
}

/** What was measured of an entry, round by round. */
export interface Measurement extends Entry {
  readonly rounds: readonly PairFigures[]
}

/** How many rounds count, and how long each entry has in each. */
export interface Pace {
  readonly rounds: number
  readonly milliseconds: number
  /**
   * Turns of a round with few calls under way, which together last `milliseconds`: how long these take is what most depends
   * on whatever else the machine does. In turns of a tenth of a second they take half as long between threads as in whole
   * seconds, on a virtual machine, which wakes its processors sooner right after a pause.
   */
  readonly turns: number
  /** Turns of a round with one call under way: each as long as those, and so the round is longer. */
  readonly singleTurns: number
  /** How long the round is that does not count, where another would be too short for V8 to compile what an entry does. */
  readonly warmUp: number
  /** The same where the calls are shared by many servers, each of which does a fraction of them. */
  readonly sharedWarmUp: number
}

const PACE: Pace = {
  rounds: 5,
  milliseconds: 1000,
  turns: 4,
  singleTurns: 12,
  warmUp: 4000,
  sharedWarmUp: 25_000,
}

const QUICK: Pace = {
  rounds: 3,
  milliseconds: 100,
  turns: 1,
  singleTurns: 1,
  warmUp: 1600,
  sharedWarmUp: 5000,
}

/** With more calls than so many under way, beginning and ending a turn would take too much of it. */
const FEW = 8

export function paceOf(quick: boolean): Pace {
  return quick ? QUICK : PACE
}

/** So many calls under way at a time. */
export function loadOf(window: number, { milliseconds, turns, singleTurns, warmUp }: Pace): Load {
  if (window > FEW) return { window, milliseconds, warmUp }
  const own = window === 1 ? singleTurns : turns
  return { window, milliseconds: (milliseconds * own) / turns, warmUp, turns: own }
}

/**
 * Each of the systems, over each of its lanes that count here, under each of the loads. Those under the same load stand
 * side by side, and of these those over the same lane.
 */
export function entriesOf(
  systems: readonly System[],
  loads: readonly Load[],
  lanes: readonly Lane[] = ['tcp', 'ipc', 'inproc'],
): Entry[] {
  return loads.flatMap((load) =>
    lanes.flatMap((lane) =>
      systems.filter((system) => system.lanes.includes(lane)).map((system) => ({ system, lane, load })),
    ),
  )
}

/** As a table shows them: by system, and of each by lane. */
export function bySystem<One extends Entry>(entries: readonly One[]): One[] {
  const systems = [...new Set(entries.map(({ system }) => system))]
  const lanes = [...new Set(entries.map(({ lane }) => lane))]
  const place = ({ system, lane }: One) => systems.indexOf(system) * lanes.length + lanes.indexOf(lane)
  return entries.toSorted((a, b) => place(a) - place(b))
}

/**
 * Lets all do in turn what they are to do. A system has a pair of processes for each lane; all pairs are there from the
 * beginning to the end, and none is left whatever happens.
 */
export async function contest(
  entries: readonly Entry[],
  rounds: number,
  { signal, tell }: Pick<SuiteOptions, 'signal' | 'tell'>,
): Promise<Measurement[]> {
  const pairs = new Map<string, Pair>()
  try {
    for (const { system, lane } of entries) {
      const key = keyOf(system, lane)
      if (!pairs.has(key)) pairs.set(key, new Pair(system, lane))
    }
    tell(`${pairs.size} pairs start`)
    await unlessAborted(signal, Promise.all([...pairs.values()].map((pair) => pair.start())))
    const measure = async ({ system, lane, load }: Entry, stage: string): Promise<PairFigures> => {
      const pair = pairs.get(keyOf(system, lane))
      if (pair === undefined) throw new RangeError(`nobody is ${system.name} over ${lane}`)
      tell(stage, stepOf({ system, lane, load }))
      return unlessAborted(signal, pair.measure(load))
    }
    const groups = sharingRounds(entries)
    const tasks = groups.map((group) => (round: string, counts: boolean) => {
      return counts
        ? takeTurns(group, (entry) => measure(entry, round))
        : warmUp(group, (entry) => measure(entry, round))
    })
    const given = await inTurn(tasks, rounds)
    return groups.flatMap((group, g) =>
      group.map((entry, i) => ({
        ...entry,
        rounds: (given[g] ?? []).map((round) => figuresOf(round[i], entry)),
      })),
    )
  } finally {
    await Promise.all([...pairs.values()].map((pair) => pair.end()))
  }
}

/** What is told of a measurement: medians, and between what the rounds were. */
export function rowOf({ system, lane, load, rounds }: Measurement): Row {
  const rates = rounds.map(({ perSecond }) => perSecond)
  return {
    system: system.name,
    lane,
    window: load.window,
    payload: load.payload ?? 'small object',
    perSecond: rounded(median(rates)),
    low: rounded(Math.min(...rates)),
    high: rounded(Math.max(...rates)),
    ...timesOf(rounds),
  }
}

function timesOf(rounds: readonly PairFigures[]): Row {
  const { p50us, p99us } = mediansOf(rounds)
  if (p50us === undefined || p99us === undefined) return {}
  return { p50us: rounded(p50us), p99us: rounded(p99us) }
}

function figuresOf(figures: PairFigures | undefined, entry: Entry): PairFigures {
  if (figures === undefined) throw new RangeError(`a round has no figures of ${stepOf(entry)}`)
  return figures
}

function stepOf({ system, lane, load: { window, payload } }: Entry): string {
  return `${system.name} over ${lane}, window ${window}${payload === undefined ? '' : `, ${bytes(payload)}`}`
}

function keyOf(system: System, lane: Lane): string {
  return `${system.name} over ${lane}`
}
