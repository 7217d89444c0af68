import { constants } from 'node:os'
import { Belongings } from './belongings.js'
import { judge, type RunRecord, type Verdict } from './judge.js'
import { whyNoNetworks } from './network.js'
import type { Row } from './row.js'
import { Stage } from './stage.js'

/** What ends the rig from outside: SIGHUP when its terminal is closed. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

export interface RigOptions {
  readonly rows: readonly Row[]
  /** How often each is played. */
  readonly runs: number
  /** How many are played at once, each in a mesh of its own. */
  readonly jobs: number
}

/** What became of a row. */
export interface RowResult extends Omit<Verdict, 'ok'> {
  readonly name: string
  /** 0 for one that was skipped. */
  readonly runs: number
  readonly expected: string
  /** Null for one that was skipped. */
  readonly ok: boolean | null
  /** Why it was skipped, or null. */
  readonly skipped: string | null
  /** How long its runs took, all together. */
  readonly seconds: number
}

/** Plays rows, in the order given, and tells of each when it is over. Whatever happens, nothing is left of them. */
export async function play(
  { rows, runs, jobs }: RigOptions,
  tell: (result: RowResult) => void,
): Promise<RowResult[]> {
  const belongings = new Set<Belongings>()
  const letGo = (): void => {
    for (const each of belongings) each.release()
  }
  const stop = (signal: NodeJS.Signals): void => {
    letGo()
    process.exit(128 + constants.signals[signal])
  }
  for (const signal of SIGNALS) process.on(signal, stop)
  // What is thrown where nobody catches it ends the rig too.
  process.on('exit', letGo)
  try {
    const slots = new Slots(jobs)
    const own = (): Belongings => {
      const made = new Belongings()
      belongings.add(made)
      return made
    }
    const why = rows.some(({ setting }) => setting === 'namespaces') ? whyNoNetworks(own()) : undefined
    return await Promise.all(
      rows.map(async (row) => {
        const result =
          why !== undefined && row.setting === 'namespaces'
            ? skipped(row, why)
            : await playRow(row, runs, () => slots.use(() => playOnce(row, own())))
        tell(result)
        return result
      }),
    )
  } finally {
    letGo()
    for (const signal of SIGNALS) process.off(signal, stop)
    process.off('exit', letGo)
  }
}

async function playRow(row: Row, runs: number, once: () => Promise<Played>): Promise<RowResult> {
  const played = await Promise.all(Array.from({ length: runs }, once))
  const { name, expected } = row
  const verdict = judge(
    played.map(({ record }) => record),
    row.bound,
  )
  const seconds = played.reduce((sum, run) => sum + run.seconds, 0)
  return { name, runs, expected, ...verdict, skipped: null, seconds: Math.round(seconds * 10) / 10 }
}

interface Played {
  readonly record: RunRecord
  readonly seconds: number
}

/** One that throws is one that has failed. */
async function playOnce(row: Row, belongings: Belongings): Promise<Played> {
  const begun = performance.now()
  let record: RunRecord
  try {
    record = await recordOf(row, new Stage(row.setting, belongings))
  } catch (error) {
    belongings.release()
    record = { deaths: [], excuses: [], detections: [], logs: [], unmet: [textOf(error)] }
  }
  return { record, seconds: (performance.now() - begun) / 1000 }
}

async function recordOf(row: Row, stage: Stage): Promise<RunRecord> {
  try {
    await row.play(stage)
  } catch (error) {
    stage.expect(false, textOf(error))
  }
  return await stage.close()
}

function textOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}

function skipped({ name, expected }: Row, why: string): RowResult {
  const nothing = { detectMs: null, falseDeaths: 0, unsettled: 0, executedTwice: 0, requests: 0, wrong: [] }
  return { name, runs: 0, expected, ...nothing, ok: null, skipped: why, seconds: 0 }
}

/** So many at once, in the order in which they came. */
class Slots {
  #free: number
  readonly #waiting: (() => void)[] = []

  constructor(count: number) {
    this.#free = count
  }

  async use<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free -= 1
    else await new Promise<void>((resolve) => this.#waiting.push(resolve))
    try {
      return await work()
    } finally {
      const next = this.#waiting.shift()
      if (next === undefined) this.#free += 1
      else next()
    }
  }
}
