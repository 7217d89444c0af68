import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { Runtime } from '@skein/runtime'
import type { RuntimeSpec } from '@skein/runtime/internal'
import { eventually, useLedger } from '@skein/test-harness'
import { LocalLauncher, type LocalProcess } from '../src/local.js'
import { parseRoleReport } from '../src/role-report.js'
import { specOf, TOKEN } from './starting.js'

/** Its `hold` ends when the process gets SIGUSR2: while it drains nobody can call it. */
class Gate {
  async hold(): Promise<string> {
    return ''
  }
  ping(): void {}
}
const GATE = `
  export class Gate {
    async hold() {
      console.log('holding')
      await new Promise((resolve) => process.once('SIGUSR2', resolve))
      return 'released'
    }
    ping() {}
  }`

const launcher = new LocalLauncher()

let folder: string
const started: LocalProcess[] = []
let lines: string[]
let monitor: string
let head: Runtime
let workers = 0

useLedger()
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'skein-drain-'))
  await writeFile(join(folder, 'gate.mjs'), GATE)
  monitor = await startMonitor()
  head = new Runtime({ uid: 'head', monitor, meshToken: TOKEN, port: 0 })
  await head.start()
})
beforeEach(() => {
  lines = []
})
afterAll(async () => {
  await head.stop()
  for (const launched of started) {
    launched.stop()
    await launched.ended
  }
  await rm(folder, { recursive: true })
})

function start(spec: Partial<RuntimeSpec>, report = (_report: unknown): void => {}): LocalProcess {
  const whole = specOf({ uid: `worker:1:${workers++}`, comms: { port: 0 }, monitor, ...spec })
  const launched = launcher.start(whole, { line: (_stream, text) => lines.push(text), report })
  // Backwards: whoever needs another ends before it.
  started.unshift(launched)
  return launched
}

async function startMonitor(): Promise<string> {
  let address = ''
  const launched = start({ uid: 'monitor', role: 'monitor', monitor: undefined }, (given) => {
    const report = parseRoleReport(given)
    if (report?.kind === 'listening') address = report.address
  })
  await launched.ready
  return address
}

/** A method that runs in a worker until it is let, or the worker ends. */
async function holding(uid: string) {
  await head.waitFor(uid)
  const gate = await head.create(Gate, { from: pathToFileURL(join(folder, 'gate.mjs')), on: uid })
  const outcome = gate.hold().catch((error) => error)
  await eventually(() => lines.some((line) => line.endsWith('holding')))
  const refused = () =>
    eventually(() =>
      gate.ping().then(
        () => undefined,
        (error) => error,
      ),
    )
  return { outcome, refused }
}

describe.each([
  ['SIGTERM', 143],
  ['SIGINT', 130],
] as const)('a worker that gets %s while a method runs', (signal, code) => {
  test('lets it end, answers, refuses what is new, and ends in order, which its code tells', async () => {
    const worker = start({})
    const { outcome, refused } = await holding(worker.uid)
    const gone = head.watch(worker.uid)
    process.kill(Number(worker.pid), signal)
    expect(await refused()).toMatchObject({ code: 'ERR_CLOSED', uid: worker.uid, executed: 'no' })
    process.kill(Number(worker.pid), 'SIGUSR2')
    expect(await outcome).toBe('released')
    expect(await gone).toMatchObject({ is: 'left' })
    expect(await worker.ended).toEqual({ code, signal: null })
  })
})

test('a worker that drains ends at the deadline if the method does not, and its caller can not know', async () => {
  const worker = start({ drain: 100 })
  const { outcome } = await holding(worker.uid)
  worker.signal('SIGTERM')
  expect(await outcome).toMatchObject({ code: 'ERR_PEER_LOST', executed: 'maybe' })
  expect(await worker.ended).toEqual({ code: 143, signal: null })
})

test('a worker that drains ends at once at a second signal', async () => {
  const worker = start({})
  const { outcome, refused } = await holding(worker.uid)
  worker.signal('SIGTERM')
  await refused()
  worker.signal('SIGTERM')
  expect(await worker.ended).toEqual({ code: 143, signal: null })
  expect(await outcome).toMatchObject({ code: 'ERR_PEER_LOST', executed: 'maybe' })
})

test('a worker whose starter asks it to end without a drain does not wait for what runs', async () => {
  const worker = start({ drain: 60_000 })
  const { outcome } = await holding(worker.uid)
  worker.stop()
  expect(await outcome).toMatchObject({ code: 'ERR_PEER_LOST', executed: 'maybe' })
  expect(await worker.ended).toEqual({ code: 0, signal: null })
})

test('a node that gets SIGTERM drains its workers before it ends', async () => {
  const pids: (number | undefined)[] = []
  const node = start(
    {
      uid: 'node:0',
      role: 'node',
      roleOptions: { launcher: 'local', workers: { count: 1, comms: { port: 0 } } },
    },
    (given) => {
      const report = parseRoleReport(given)
      if (report?.kind === 'started') pids.push(report.pid)
      if (report?.kind === 'line') lines.push(report.text)
    },
  )
  const { outcome, refused } = await holding('worker:0:0')
  node.signal('SIGTERM')
  expect(await refused()).toMatchObject({ code: 'ERR_CLOSED', uid: 'worker:0:0', executed: 'no' })
  process.kill(Number(pids[0]), 'SIGUSR2')
  expect(await outcome).toBe('released')
  expect(await node.ended).toEqual({ code: 143, signal: null })
})
