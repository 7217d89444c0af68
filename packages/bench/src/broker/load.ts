import { randomBytes } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { OrderedProcess, type Signed } from '@skein/test-harness'
import { unlessAborted } from '../interruption.js'
import { during } from '../mesh/idle.js'
import type { SuiteOptions, Tell } from '../suite.js'
import type { Account, Asked, Joining, Loss, Order } from './orders.js'

const MAIN = fileURLToPath(new URL('../../bin/broker-host.mjs', import.meta.url))

type HostProcess = OrderedProcess<Order, Asked, Signed>

/** What it may take beside what is measured, in milliseconds: members join, and leave. */
const LIMIT = 120_000

export interface LoadSize {
  /** Processes, and workers in each: one process is killed at a time. */
  readonly workers: readonly [processes: number, each: number]
  readonly clients: readonly [processes: number, each: number]
  readonly seconds: number
  /** Seconds that clients ask before anything is measured: what is made once is there then. @default 2 */
  readonly warming?: number
  /** Seconds between two killings. */
  readonly killEvery: number
  /** Milliseconds that a client pauses between two requests, on average. */
  readonly pauseMs: number
}

/** What became of all requests, and of the broker. */
export interface Outcome {
  readonly account: Account
  /** Worker processes that were killed. */
  readonly killed: number
  /** For each of them, how many milliseconds later the broker knew of all its workers. */
  readonly knownMs: readonly number[]
  /** Workers and clients that the broker counts at the end. */
  readonly workersLeft: number
  readonly clientsLeft: number
  /** Bytes of the broker's process: when all had joined and some had been asked, at half time, at the end. */
  readonly memory: readonly [number, number, number]
}

/** Milliseconds of silence after which a member is asked for a beat: with a thousand links each beat counts. */
const TIMEOUT = 5000

const WARMING = 2

/** Clients ask workers through a broker, while workers are killed and others take their places. */
export async function load(
  size: LoadSize,
  { signal, tell }: Pick<SuiteOptions, 'signal' | 'tell'>,
): Promise<Outcome> {
  const processes = new Set<HostProcess>()
  try {
    const playing = play(size, tell, async () => {
      // What is played goes on for a while after all is to end, and would start others in place of those that ended.
      signal.throwIfAborted()
      const one: HostProcess = new OrderedProcess(
        { main: MAIN, of: 'the bench', stop: { kind: 'stop' } },
        () => {},
      )
      processes.add(one)
      await one.ready
      return one
    })
    return await unlessAborted(signal, playing)
  } finally {
    await Promise.all([...processes].map((one) => one.end()))
  }
}

async function play(size: LoadSize, tell: Tell, start: () => Promise<HostProcess>): Promise<Outcome> {
  const token = randomBytes(16).toString('hex')
  const broker = await start()
  const named = new Map<HostProcess, readonly string[]>()
  const address = await broker.ask<string>({ kind: 'broker', token, timeout: TIMEOUT })
  const joining: Joining = { broker: address, token, timeout: TIMEOUT }
  let made = 0
  const crew = async (index: number): Promise<HostProcess> => {
    const [, each] = size.workers
    // Each has a place among all, which decides upon its keyword, and a name of its own.
    const names = Array.from({ length: each }, (_, i) => `worker:${made}:${index * each + i}`)
    made += 1
    const one = await start()
    named.set(one, names)
    await one.ask({ kind: 'workers', joining, names }, LIMIT)
    return one
  }
  tell('workers join')
  const crews: HostProcess[] = []
  for (let index = 0; index < size.workers[0]; index++) crews.push(await crew(index))
  tell('clients join')
  const callers = await Promise.all(Array.from({ length: size.clients[0] }, start))
  for (const [p, caller] of callers.entries()) {
    const names = Array.from({ length: size.clients[1] }, (_, i) => `client:${p}:${i}`)
    await caller.ask({ kind: 'clients', joining, names }, LIMIT)
  }
  const askAll = (seconds: number) =>
    Promise.all(
      callers.map((caller) =>
        caller.ask<Account>({ kind: 'ask', seconds, pauseMs: size.pauseMs }, seconds * 1000 + LIMIT),
      ),
    )
  const memory = () => broker.ask<number>({ kind: 'memory' }, LIMIT)
  await askAll(size.warming ?? WARMING)
  const before = await memory()
  tell('they ask')
  let over = false
  const asking = askAll(size.seconds).finally(() => {
    over = true
  })
  const killing = killInTurn(crews, crew, size.killEvery, () => over)
  // They are awaited later, and their failures told then.
  asking.catch(() => {})
  killing.catch(() => {})
  await during(size.seconds / 2)
  const between = await memory()
  const accounts = await asking
  const kills = await killing
  const losses = await broker.ask<readonly Loss[]>({ kind: 'losses' })
  const after = await memory()
  const { services, clients } = await broker.ask<StatusLike>({ kind: 'status' })
  const workersLeft = services.reduce((sum, { workers }) => sum + workers.length, 0)
  return {
    account: sumOf(accounts),
    killed: kills.size,
    knownMs: [...kills].map(([one, at]) => {
      const known = losses.filter(({ worker }) => named.get(one)?.includes(worker)).map(({ at }) => at)
      return Math.max(...known) - at
    }),
    workersLeft,
    clientsLeft: clients.length,
    memory: [before, between, after],
  }
}

interface StatusLike {
  readonly services: readonly { readonly workers: readonly unknown[] }[]
  readonly clients: readonly unknown[]
}

/** Kills one process of workers after the other, and starts another in its place. Resolves with when each was killed. */
async function killInTurn(
  crews: HostProcess[],
  replace: (index: number) => Promise<HostProcess>,
  every: number,
  isOver: () => boolean,
): Promise<ReadonlyMap<HostProcess, number>> {
  const kills = new Map<HostProcess, number>()
  const replacing: Promise<void>[] = []
  while (!isOver()) {
    await during(every)
    const index = kills.size % crews.length
    if (isOver()) break
    // Its last replacement may not have come yet, where the machine is slow.
    await replacing[kills.size - crews.length]
    const one = crews[index]
    if (one === undefined) continue
    kills.set(one, Date.now())
    await one.kill()
    const replaced = replace(index).then((one) => {
      crews[index] = one
    })
    // It is awaited later, and its failure told then.
    replaced.catch(() => {})
    replacing.push(replaced)
  }
  await Promise.all(replacing)
  return kills
}

function sumOf(accounts: readonly Account[]): Account {
  const failed: Record<string, number> = {}
  for (const account of accounts)
    for (const [what, n] of Object.entries(account.failed)) failed[what] = (failed[what] ?? 0) + n
  const sum = (key: 'asked' | 'answered' | 'wrong' | 'unsettled') =>
    accounts.reduce((sum, account) => sum + account[key], 0)
  return {
    asked: sum('asked'),
    answered: sum('answered'),
    failed,
    wrong: sum('wrong'),
    unsettled: sum('unsettled'),
    longestMs: Math.max(...accounts.map(({ longestMs }) => longestMs)),
  }
}
