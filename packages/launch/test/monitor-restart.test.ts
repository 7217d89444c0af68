import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import type { PeerChange } from '@skein/core'
import { type DirectoryService, Runtime, type StatsService } from '@skein/runtime'
import type { LaunchEvents, RuntimeSpec } from '@skein/runtime/internal'
import { eventually, useLedger } from '@skein/test-harness'
import { LocalLauncher, type LocalProcess } from '../src/local.js'
import { parseRoleReport } from '../src/role-report.js'
import { specOf, TOKEN } from './starting.js'

const launcher = new LocalLauncher()

/** Shorter than by default: who is frozen is known dead in three seconds. */
const LIVENESS = { suspicion: 1000, confirmedSuspicion: 1000 }

const started: LocalProcess[] = []
let head: Runtime
let address: string
let monitor: LocalProcess
/** What the head tells of others than the monitor. */
let told: string[]

useLedger()
// One mesh for all tests: after each of them it is as whole as before.
beforeAll(async () => {
  monitor = await startMonitor()
  await start({ uid: 'node:0', role: 'node', roleOptions: { launcher: 'local', workers: 2 } }).ready
  head = await join('head')
  await head.waitFor('worker:0:0')
  head.on('peer', ({ uid, is }: PeerChange) => uid === 'monitor' || told.push(`${uid} ${is}`))
})
beforeEach(() => {
  told = []
})
afterAll(async () => {
  await head.stop()
  for (const each of started) {
    each.signal('SIGCONT')
    each.stop()
    await each.ended
  }
})

test('a monitor that is killed and started anew is found by head, node and workers again, whose calls go on', async () => {
  const calls = calling()
  const dead = head.watch('monitor')
  monitor.signal('SIGKILL')
  await monitor.ended
  await dead
  const unknown = head.proxy<StatsService>('worker:9:9', 'skein.stats').read()
  await expect(unknown).rejects.toMatchObject({
    code: 'ERR_NO_SUCH_PEER',
    cause: { uid: 'monitor', reason: 'crashed' },
  })
  monitor = await startMonitor(Number(/\d+$/.exec(address)?.[0]))
  await isWhole()
  // A newcomer gets to know the old ones, the one too that nobody had a link to.
  const late = await join('late')
  await late.waitFor('worker:0:1')
  await late.stop()
  await eventually(() => told.includes('late left'))
  expect(await calls.end()).toBe(0)
  expect(told).toEqual(['late known', 'late left'])
})

test('a monitor that was stopped until it counted as dead is the monitor again when it wakes', async () => {
  const calls = calling()
  const dead = head.watch('monitor')
  monitor.signal('SIGSTOP')
  expect(await dead).toMatchObject({ reason: 'silent' })
  monitor.signal('SIGCONT')
  await isWhole()
  expect(await calls.end()).toBe(0)
  expect(told).toEqual([])
})

/** Calls a worker 25 times a second, until `end`, which resolves with how many of the calls have failed. */
function calling(): { end(): Promise<number> } {
  const stats = head.proxy<StatsService>('worker:0:0', 'skein.stats')
  const calls: Promise<unknown>[] = []
  const timer = setInterval(() => calls.push(stats.read()), 40)
  return {
    async end() {
      clearInterval(timer)
      const outcomes = await Promise.allSettled(calls)
      return outcomes.filter(({ status }) => status === 'rejected').length
    },
  }
}

/** The monitor knows everyone, by what they are. */
async function isWhole(): Promise<void> {
  const directory = head.proxy<DirectoryService>('monitor', 'skein.directory')
  const all = 'head head, monitor monitor, node:0 node, worker:0:0 worker, worker:0:1 worker'
  const known = async (): Promise<string> => {
    const entries = await directory.list().catch(() => [])
    const each = entries.map(({ uid, roles }) => `${uid} ${roles.join()}`)
    return each.sort().join(', ')
  }
  await eventually(async () => (await known()) === all, { message: 'the monitor to know all' })
}

async function join(uid: string): Promise<Runtime> {
  const runtime = new Runtime({
    uid,
    roles: [uid],
    meshToken: TOKEN,
    port: 0,
    monitor: address,
    liveness: LIVENESS,
  })
  await runtime.start()
  return runtime
}

function start(spec: Partial<RuntimeSpec>, report = (_report: unknown): void => {}): LocalProcess {
  const on: LaunchEvents = { line() {}, report }
  const comms = { port: 0, liveness: LIVENESS }
  const launched = launcher.start(specOf({ monitor: address, comms, ...spec }), on)
  // Backwards: whoever needs another ends before it.
  started.unshift(launched)
  return launched
}

async function startMonitor(port = 0): Promise<LocalProcess> {
  const comms = { port, liveness: LIVENESS }
  const launched = start({ uid: 'monitor', role: 'monitor', monitor: undefined, comms }, (given) => {
    const report = parseRoleReport(given)
    if (report?.kind === 'listening') address = report.address
  })
  await launched.ready
  return launched
}
