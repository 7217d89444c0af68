import { fileURLToPath } from 'node:url'
import { during } from '../mesh/idle.js'
import { type BenchProcess, withProcessesOf } from '../processes.js'
import type { Asked, Order, Way } from './orders.js'

const MAIN = fileURLToPath(new URL('../../bin/publish-host.mjs', import.meta.url))

/** Until compilers have done what they do, in milliseconds. */
const WARM_UP = 5000

/** Until its end is known to all, in milliseconds. */
const FAREWELL = 1000

type PublishProcess = BenchProcess<Order, Asked>

export interface CrowdLoad {
  readonly way: Way
  readonly subscribers: number
  readonly bytes: number
  readonly milliseconds: number
}

export interface CrowdFigures {
  /** Messages that a subscriber has received in a second, on an average. */
  readonly perSecond: number
  /** The same of all but one, while that one was stopped. */
  readonly besideStopped: number
  /** And after it had ended. */
  readonly withoutIt: number
}

/** One publisher, and as many subscribers, each in a process of its own. */
export function crowd(
  { way, subscribers, bytes, milliseconds }: CrowdLoad,
  signal: AbortSignal,
): Promise<CrowdFigures> {
  const stop = { kind: 'stop' } as const
  return withProcessesOf<Order, Asked, CrowdFigures>(
    MAIN,
    stop,
    subscribers + 1,
    signal,
    async (processes) => {
      const [publisher, ...all] = processes
      const [one, ...others] = all
      if (publisher === undefined || one === undefined) throw new RangeError('there is nobody')
      const to = await publisher.ask<string>({ kind: 'open', way })
      await Promise.all(all.map((each) => each.ask({ kind: 'subscribe', way, to })))
      await publisher.ask({ kind: 'publish', bytes, subscribers })
      await rateOf(all, WARM_UP)
      const perSecond = await rateOf(all, milliseconds)
      one.signal('SIGSTOP')
      const besideStopped = await rateOf(others, milliseconds)
      await one.kill()
      await rateOf(others, FAREWELL)
      const withoutIt = await rateOf(others, milliseconds)
      return { perSecond, besideStopped, withoutIt }
    },
  )
}

async function rateOf(all: readonly PublishProcess[], milliseconds: number): Promise<number> {
  const counts = () => Promise.all(all.map((each) => each.ask<number>({ kind: 'received' })))
  const [from, before] = [performance.now(), await counts()]
  await during(milliseconds / 1000)
  const [to, after] = [performance.now(), await counts()]
  const received = after.reduce((sum, count, i) => sum + count - (before[i] ?? 0), 0)
  return (received * 1000) / (to - from) / all.length
}
