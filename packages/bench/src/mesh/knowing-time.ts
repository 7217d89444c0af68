import { inTurn, median } from '../rounds.js'
import { type Row, rounded } from '../row.js'
import type { SuiteOptions } from '../suite.js'
import { type MeshProcess, withProcesses } from './process.js'

/** More of them than there are processors would wait for those rather than for each other. */
const PROCESSES = 8

/** Far more than it takes, in milliseconds. */
const LIMIT = 60_000

type Options = Pick<SuiteOptions, 'signal' | 'tell'>

/** How long so many runtimes take to know each other, spread over processes, from when all are told to start. */
export async function knowing(count: number, rounds: number, { signal, tell }: Options): Promise<Row> {
  return withProcesses(PROCESSES, signal, async (processes) => {
    const mesh = (round: string) => {
      tell(`${count} runtimes, ${round}`)
      return oneMesh(processes, count)
    }
    const [times = []] = await inTurn([mesh], rounds)
    return {
      what: 'introduced',
      runtimes: count,
      processes: PROCESSES,
      knownMs: rounded(median(times)),
      low: rounded(Math.min(...times)),
      high: rounded(Math.max(...times)),
    }
  })
}

/** The monitor is there already, as the one that counts of its process. */
async function oneMesh(processes: readonly MeshProcess[], count: number): Promise<number> {
  const [first] = processes
  if (first === undefined) throw new RangeError('there is no process')
  const monitor = await first.ask<string>({ kind: 'join', uids: ['monitor'], monitor: undefined }, LIMIT)
  const uids = Array.from({ length: count - 1 }, (_, i) => `node:${i}`)
  const begun = performance.now()
  await Promise.all(
    processes.map(async (one, i) => {
      const here = uids.filter((_, j) => (j + 1) % processes.length === i)
      await one.ask({ kind: 'join', uids: here, monitor }, LIMIT)
      await one.ask({ kind: 'know', count }, LIMIT)
    }),
  )
  const took = performance.now() - begun
  // The monitor last, which is told of every other's farewell.
  await Promise.all(processes.slice(1).map((one) => one.ask({ kind: 'leave' }, LIMIT)))
  await first.ask({ kind: 'leave' }, LIMIT)
  return took
}
