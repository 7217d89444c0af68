import { unlessAborted } from './interruption.js'
import type { Load } from './load.js'
import { Pair, type PairFigures } from './pair/pair.js'
import { bytes } from './report/numbers.js'
import { inTurn, median } from './rounds.js'
import { type Row, rounded } from './row.js'
import type { SuiteOptions } from './suite.js'
import type { Lane, System } from './systems/system.js'

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
  /** How long the round is that does not count, where another would be too short for V8 to compile what an entry does. */
  readonly warmUp: number
  /** The same where the calls are shared by many servers, each of which does a fraction of them. */
  readonly sharedWarmUp: number
}

const PACE: Pace = { rounds: 5, milliseconds: 1000, warmUp: 4000, sharedWarmUp: 25_000 }

const QUICK: Pace = { rounds: 3, milliseconds: 100, warmUp: 1600, sharedWarmUp: 5000 }

export function paceOf(quick: boolean): Pace {
  return quick ? QUICK : PACE
}

/** Each of the systems, over each of its lanes that count here, under each of the loads. */
export function entriesOf(
  systems: readonly System[],
  loads: readonly Load[],
  lanes: readonly Lane[] = ['tcp', 'ipc', 'inproc'],
): Entry[] {
  return systems.flatMap((system) =>
    lanes
      .filter((lane) => system.lanes.includes(lane))
      .flatMap((lane) => loads.map((load) => ({ system, lane, load }))),
  )
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
    const tasks = entries.map((entry) => (round: string, counts: boolean) => {
      return measure(counts ? entry : warmingUp(entry), round)
    })
    const given = await inTurn(tasks, rounds)
    return entries.map((entry, i) => ({ ...entry, rounds: given[i] ?? [] }))
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
  const p50us = rounds.flatMap(({ p50us }) => p50us ?? [])
  const p99us = rounds.flatMap(({ p99us }) => p99us ?? [])
  if (p50us.length === 0) return {}
  return { p50us: rounded(median(p50us)), p99us: rounded(median(p99us)) }
}

function warmingUp({ load, ...rest }: Entry): Entry {
  const { warmUp: milliseconds = load.milliseconds } = load
  return { ...rest, load: { ...load, milliseconds } }
}

function stepOf({ system, lane, load: { window, payload } }: Entry): string {
  return `${system.name} over ${lane}, window ${window}${payload === undefined ? '' : `, ${bytes(payload)}`}`
}

function keyOf(system: System, lane: Lane): string {
  return `${system.name} over ${lane}`
}
