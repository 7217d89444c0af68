import { fileURLToPath } from 'node:url'
import { type BenchProcess, withProcessesOf } from '../processes.js'
import type { Asked, Order, Way } from './orders.js'

const MAIN = fileURLToPath(new URL('../../bin/relay-host.mjs', import.meta.url))

/** Until compilers have done what they do, and queues are full, in milliseconds. */
const WARM_UP = 1500

export interface RelayLoad {
  readonly way: Way
  readonly bytes: number
  readonly milliseconds: number
}

type RelayProcess = BenchProcess<Order, Asked>

/** How many messages of so many bytes come through in a second. */
export function throughput({ way, bytes, milliseconds }: RelayLoad, signal: AbortSignal): Promise<number> {
  return withParts(way, signal, async ({ source, sink, to }) => {
    await source.ask({ kind: 'source', to, bytes })
    await sink.ask<number>({ kind: 'count', milliseconds: WARM_UP })
    return sink.ask<number>({ kind: 'count', milliseconds })
  })
}

/** Bytes by which the memory of a relay grows once its far side has stopped and what it may hold is full. */
export function growthWhenHeld(
  { way, bytes, milliseconds }: RelayLoad,
  signal: AbortSignal,
): Promise<number> {
  return withParts(way, signal, async ({ source, relay, sink, to }) => {
    await source.ask({ kind: 'source', to, bytes })
    await sink.ask<number>({ kind: 'count', milliseconds: WARM_UP })
    await sink.ask({ kind: 'hold' })
    await sink.ask<number>({ kind: 'count', milliseconds })
    const before = await relay.ask<number>({ kind: 'memory' })
    await sink.ask<number>({ kind: 'count', milliseconds })
    return (await relay.ask<number>({ kind: 'memory' })) - before
  })
}

interface Parts {
  readonly source: RelayProcess
  readonly relay: RelayProcess
  readonly sink: RelayProcess
  /** Where the source is to send to. */
  readonly to: string
}

function withParts<Value>(
  way: Way,
  signal: AbortSignal,
  work: (parts: Parts) => Promise<Value>,
): Promise<Value> {
  const stop = { kind: 'stop' } as const
  return withProcessesOf<Order, Asked, Value>(MAIN, stop, 3, signal, async ([source, relay, sink]) => {
    if (source === undefined || relay === undefined || sink === undefined)
      throw new RangeError('there are three processes')
    const end = await sink.ask<string>({ kind: 'sink' })
    const to = way === 'direct' ? end : await relay.ask<string>({ kind: 'relay', by: way, to: end })
    return work({ source, relay, sink, to })
  })
}
