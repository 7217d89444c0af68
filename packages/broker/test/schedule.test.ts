import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { type Clock, MemoryNetwork, type Timer, type Transport, TurnedClock } from '@skein/core/internal'
import { deferred, settled } from '@skein/test-harness'
import { Broker } from '../src/broker.js'
import { Client } from '../src/client.js'
import type { WorkContext } from '../src/duties.js'
import { Worker, type WorkerOptions } from '../src/worker.js'
import { SILENT, TOKEN } from './support/broker-mesh.js'

const TIMEOUT = 1000

let clock: TurnedClock
let network: MemoryNetwork
let loop: LoopClock
let broker: Broker
let client: Client
let end: (value: string) => void
let open: { destroy(): Promise<void> }[]

/** The clock of an event loop that can stand still: what falls due then is called when it goes on. */
class LoopClock implements Clock {
  #isStill = false
  readonly #due: (() => void)[] = []

  now(): number {
    return clock.now()
  }

  after(ms: number, fn: () => void): Timer {
    let isCancelled = false
    const fire = (): void => {
      if (isCancelled) return
      if (this.#isStill) this.#due.push(fire)
      else fn()
    }
    const timer = clock.after(ms, fire)
    return {
      cancel() {
        isCancelled = true
        timer.cancel()
      },
    }
  }

  stop(): void {
    this.#isStill = true
  }

  goOn(): void {
    this.#isStill = false
    for (const fire of this.#due.splice(0)) fire()
  }
}

/** A host of its own, on the network in memory. */
function parts(uid: string) {
  const transport = network.transport(uid)
  const memory: Transport = {
    listen: (options, on) => transport.listen({ ...options, schemes: ['mem'] }, on),
    dial: (...args) => transport.dial(...args),
    probe: (...args) => transport.probe(...args),
    close: () => transport.close(),
  }
  return { transport: memory, place: { host: uid, process: uid } }
}

beforeEach(async () => {
  clock = new TurnedClock()
  loop = new LoopClock()
  network = new MemoryNetwork({ clock, seed: 1, latency: { min: 1, max: 1 } })
  broker = new Broker(shared(), parts('broker'))
  await settled(clock, broker.start())
  client = new Client(
    { ...shared(), broker: broker.address ?? '', name: 'client', deadline: Number.POSITIVE_INFINITY },
    parts('client'),
  )
  open = [client, broker]
  const wait = () =>
    new Promise<string>((resolve) => {
      end = resolve
    })
  await start('worker', { wait }, loop)
  await settled(clock, client.start())
})

afterEach(async () => {
  await Promise.all(open.map((each) => each.destroy()))
  await network.close()
  expect(clock.pending).toBe(0)
})

function shared() {
  return { token: TOKEN, clock, logger: SILENT, timeout: TIMEOUT }
}

/** Starts one more worker of the service. */
async function start(name: string, handlers: WorkerOptions['handlers'], its: Clock = clock): Promise<void> {
  const options = { ...shared(), broker: broker.address ?? '', name, service: 'test', handlers, clock: its }
  const worker = new Worker(options, parts(name))
  open.unshift(worker)
  await settled(clock, worker.start())
}

/** Turns the clock until a request has failed, and tells how and after how many milliseconds. */
async function failing(asked: Promise<unknown>) {
  const failure = asked.then(
    () => undefined,
    (error: unknown) => error,
  )
  return settled(clock, failure)
}

test('cauldron 9: a worker that falls silent is expired after five timeouts, and before six', async () => {
  const asked = client.ask('test', 'wait')
  asked.catch(() => {})
  await clock.advance(700)
  network.freeze('worker')
  const { value, took } = await failing(asked)
  expect(value).toMatchObject({ code: 'ERR_PEER_LOST', uid: 'worker', reason: 'silent', executed: 'maybe' })
  expect(took).toBeGreaterThanOrEqual(5 * TIMEOUT)
  expect(took).toBeLessThan(6 * TIMEOUT)
  expect(broker.status().services).toEqual([])
  network.resume('worker')
})

test('a client that falls silent is expired likewise, and what it has asked is given up', async () => {
  void client.ask('test', 'wait').catch(() => {})
  await clock.advance(700)
  network.freeze('client')
  await clock.advance(5 * TIMEOUT)
  expect(broker.status().clients.map(({ name }) => name)).toEqual(['client'])
  await clock.advance(TIMEOUT)
  expect(broker.status().clients).toEqual([])
  expect(broker.status().counts).toMatchObject({ asked: 1, failed: 1 })
})

test('cauldron 10: a worker whose event loop stands still for a hundred timeouts is not expired', async () => {
  const asked = client.ask('test', 'wait')
  await clock.advance(700)
  network.stall('worker')
  loop.stop()
  await clock.advance(100 * TIMEOUT)
  expect(broker.service('test')?.workers).toMatchObject([{ state: 'stalled', busy: 1 }])
  loop.goOn()
  network.resume('worker')
  end('done')
  expect((await settled(clock, asked)).value).toBe('done')
})

test('of what is scattered the late ones have failed in time, beside what the others have answered', async () => {
  const keeping = client.ask('test', 'wait')
  keeping.catch(() => {}) // the test looks at it
  await clock.advance(100)
  let late: WorkContext | undefined
  const { promise, resolve: endLate } = deferred<string>()
  await start('late', {
    wait: (_: unknown, context: WorkContext) => {
      late = context
      return promise
    },
  })
  await start('quick', { wait: () => 'quick' })
  const facts = { code: 'ERR_TIMEOUT', service: 'test', method: 'wait' }
  const scattered = client.scatter('test', 'wait', undefined, { timeout: 400 })
  const { value, took } = await settled(clock, scattered)
  expect(took).toBeLessThanOrEqual(400)
  expect(value).toMatchObject([
    { worker: 'late', status: 'rejected', reason: { ...facts, uid: 'late', executed: 'maybe' } },
    { worker: 'quick', status: 'fulfilled', value: 'quick' },
    { worker: 'worker', status: 'rejected', reason: { ...facts, uid: 'worker', executed: 'no' } },
  ])
  expect(late?.signal.aborted).toBe(true)
  endLate('over')
  end('over')
  expect((await settled(clock, keeping)).value).toBe('over')
  await clock.advance(100)
  expect(broker.service('test')?.workers.map(({ busy }) => busy)).toEqual([0, 0, 0])
})
