import { type Row, rounded } from '../row.js'
import type { SuiteOptions } from '../suite.js'
import { type MeshProcess, withProcesses } from './process.js'

/** Linked before memory is looked at for the first time, so that code and heap have grown to what they need. */
const FIRST = 16

/** Of those memory is counted. */
const OTHERS = 128

const LIMIT = 60_000

type Options = Pick<SuiteOptions, 'signal' | 'tell'>

/**
 * What a peer costs a runtime that is linked to it both ways and does nothing: bytes of memory, and of a processor. The
 * peers are in another process; the runtime's own has nothing but that.
 */
export async function linkCost(seconds: number, { signal, tell }: Options): Promise<Row> {
  tell(`${OTHERS} linked peers`)
  return withProcesses(2, signal, (processes) => cost(processes, seconds))
}

async function cost([one, far]: readonly MeshProcess[], seconds: number): Promise<Row> {
  if (one === undefined || far === undefined) throw new RangeError('there are no two processes')
  const first = peers(0, FIRST)
  const others = peers(FIRST, OTHERS)
  const monitor = await far.ask<string>({ kind: 'join', uids: ['monitor'], monitor: undefined }, LIMIT)
  await far.ask({ kind: 'join', uids: [...first, ...others], monitor }, LIMIT)
  await one.ask({ kind: 'join', uids: ['hub'], monitor }, LIMIT)
  await one.ask({ kind: 'link', uids: first }, LIMIT)
  const before = await one.ask<number>({ kind: 'memory' }, LIMIT)
  await one.ask({ kind: 'link', uids: others }, LIMIT)
  const after = await one.ask<number>({ kind: 'memory' }, LIMIT)
  const share = await one.ask<number>({ kind: 'idle', seconds }, seconds * 1000 + LIMIT)
  return {
    what: 'linked, at rest',
    // The monitor too.
    runtimes: FIRST + OTHERS + 2,
    processes: 2,
    kibPerPeer: rounded((after - before) / 1024 / OTHERS),
    corePercent: rounded(100 * share),
  }
}

function peers(from: number, count: number): string[] {
  return Array.from({ length: count }, (_, i) => `node:${from + i}`)
}
