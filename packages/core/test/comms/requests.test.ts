import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { TurnedClock } from '../../src/clock.js'
import type { PeerChange } from '../../src/comms/peer-change.js'
import type { Dispatch } from '../../src/comms/serving.js'
import { CommsManager, type CommsParts } from '../../src/comms-manager.js'
import { MemoryNetwork } from '../../src/transport/memory-network.js'
import type { Transport } from '../../src/transport/transport.js'
import type { DirectoryEntry } from '../../src/wire/message.js'

const silent = { debug() {}, info() {}, warn() {}, error() {} }
const call = { service: 's', method: 'm' }

/** Two runtimes that know each other, on hosts of their names, in a time that is turned by hand. */
class Two {
  readonly clock = new TurnedClock()
  readonly network = new MemoryNetwork({ clock: this.clock, seed: 1, latency: { min: 1, max: 1 } })
  readonly ran: string[] = []
  readonly changes: PeerChange[] = []
  readonly a = this.manager('a')
  readonly b = this.manager('b')

  async start(): Promise<void> {
    this.a.on('peer', (change) => this.changes.push(change))
    await this.a.start()
    await this.b.start()
  }

  async link(): Promise<void> {
    const linked = this.a.connect(this.b.entry?.endpoints[0] ?? '')
    await this.clock.advance(100)
    await linked
  }

  async close(): Promise<void> {
    await Promise.all([this.a.destroy(), this.b.destroy()])
    await this.network.close()
  }

  manager(uid: string, resolve?: CommsParts['resolve']): CommsManager {
    const dispatch: Dispatch = ({ signal }) => {
      this.ran.push(uid)
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
    }
    const { clock } = this
    const options = { uid, meshToken: 'token of the tests', logger: silent, clock }
    return new CommsManager(options, { transport: this.#transport(uid), dispatch, resolve })
  }

  /** Runtimes offer the lanes of a real network; here there is one. */
  #transport(host: string): Transport {
    const inner = this.network.transport(host)
    return {
      listen: (options, on) => inner.listen({ ...options, schemes: ['mem'] }, on),
      dial: (endpoint, options, on) => inner.dial(endpoint, options, on),
      probe: (endpoint, timeoutMs) => inner.probe(endpoint, timeoutMs),
      close: () => inner.close(),
    }
  }
}

describe('A request', () => {
  let two: Two
  beforeEach(async () => {
    two = new Two()
    await two.start()
  })
  afterEach(() => two.close())

  test('that times out in the outbox may run yet, and says so', async () => {
    await two.link()
    two.network.cut('a', 'b')
    two.network.partition('a', 'b')
    const error = failureOf(two.a.sendRecv('b', call, { timeout: 160 }))
    await two.clock.advance(500)
    expect(await error).toMatchObject({ code: 'ERR_TIMEOUT', executed: 'maybe' })
    expect(two.ran).toEqual([])
    two.network.heal()
    await two.clock.advance(3000)
    expect(two.ran).toEqual(['b'])
  })

  test('to the runtime itself that times out may have run, and says so', async () => {
    const error = failureOf(two.a.sendRecv('a', call, { timeout: 160 }))
    await two.clock.advance(200)
    expect(await error).toMatchObject({ code: 'ERR_TIMEOUT', executed: 'maybe' })
    expect(two.ran).toEqual(['a'])
  })

  test('that is given up while its peer is looked up never runs, as it says', async () => {
    let found = (_: DirectoryEntry | undefined): void => {}
    const c = two.manager('c', () => new Promise((resolve) => (found = resolve)))
    await c.start()
    const timed = failureOf(c.sendRecv('b', call, { timeout: 160 }))
    const reply = c.sendRecv('b', call)
    const cancelled = failureOf(reply)
    reply.cancel()
    await two.clock.advance(200)
    found(two.b.entry)
    await two.clock.advance(1000)
    expect(await timed).toMatchObject({ code: 'ERR_TIMEOUT', executed: 'no' })
    expect(await cancelled).toMatchObject({ code: 'ERR_CANCELLED', executed: 'no' })
    expect(two.ran).toEqual([])
    await c.destroy()
  })

  test('that leaves with the farewell of its caller may run, and says so', async () => {
    await two.link()
    const error = failureOf(two.a.sendRecv('b', call))
    two.a.disconnect('b')
    await two.clock.advance(100)
    expect(await error).toMatchObject({ code: 'ERR_PEER_LOST', executed: 'maybe' })
    expect(two.ran).toEqual(['b'])
  })

  test('can time out or be cancelled while the runtime stops', async () => {
    await two.link()
    two.network.stall('b')
    const timed = failureOf(two.a.sendRecv('b', call, { timeout: 160 }))
    const reply = two.a.sendRecv('b', call)
    const cancelled = failureOf(reply)
    await two.clock.advance(10)
    const stopped = two.a.stop()
    reply.cancel()
    await two.clock.advance(2000)
    await stopped
    expect(await timed).toMatchObject({ code: 'ERR_TIMEOUT' })
    expect(await cancelled).toMatchObject({ code: 'ERR_CANCELLED' })
  })

  test('fails when its peer was cut off while a connection was made anew for want of an answer', async () => {
    await two.link()
    const error = failureOf(two.a.sendRecv('b', call, { timeout: Number.POSITIVE_INFINITY }))
    // Its host answers and it does not: it is greeted again after 4 seconds, and by then nobody can reach it.
    two.network.stall('b')
    two.network.cut('a', 'b')
    await two.clock.advance(3900)
    two.network.partition('a', 'b')
    await two.clock.advance(15_000)
    expect(two.changes.at(-1)).toMatchObject({ uid: 'b', is: 'dead', reason: 'silent' })
    expect(await error).toMatchObject({ code: 'ERR_PEER_LOST', reason: 'silent' })
  })
})

function failureOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error,
  )
}
