import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { type Incoming, type PeerChange, RemoteStream, Reply } from '@skein/core'
import { eventually, once, useLedger } from '@skein/test-harness'
import { DIRECTORY, type DirectoryService, directoryService } from '../src/directory.js'
import { Runtime } from '../src/runtime.js'
import type { StatsService } from '../src/stats.js'
import { TestMesh } from './support/test-mesh.js'

class Maths {
  add(a: number, b: number): number {
    return a + b
  }
  async later(): Promise<string> {
    return 'later'
  }
  fail(): never {
    throw new RangeError('too far')
  }
  *count(): Generator<number> {
    yield 1
  }
  _secret(): string {
    return 'secret'
  }
}

let mesh: TestMesh

useLedger()
beforeEach(() => {
  mesh = new TestMesh()
})
afterEach(() => mesh.close())

async function serving(): Promise<{ a: Runtime; b: Runtime }> {
  const [a, b] = await mesh.pair()
  b.expose('maths', new Maths())
  return { a, b }
}

/** Calls whatever name there is, as a program in another language could. */
function call(runtime: Runtime, uid: string, service: string, method: string, ...args: unknown[]): Reply {
  return runtime.comms.sendRecv(uid, { service, method, args })
}

describe('a service', () => {
  test('answers with what its method returns, or the promise of that', async () => {
    const { a } = await serving()
    const maths = a.proxy<Maths>('b', 'maths')
    await expect(maths.add(1, 2)).resolves.toBe(3)
    await expect(maths.later()).resolves.toBe('later')
  })

  test('gives a reply that can be given up', async () => {
    const { a } = await serving()
    const reply = a.proxy<Maths>('b', 'maths').add(1, 2)
    expect(reply).toBeInstanceOf(Reply)
    reply.cancel('no need')
    await expect(reply).rejects.toMatchObject({ code: 'ERR_CANCELLED', reason: 'no need' })
  })

  test('raises what its method throws', async () => {
    const { a } = await serving()
    const failure = a.proxy<Maths>('b', 'maths').fail()
    await expect(failure).rejects.toMatchObject({ name: 'RangeError', message: 'too far' })
  })

  test('of this runtime itself is called in the same way', async () => {
    const { b } = await serving()
    await expect(b.proxy<Maths>('b', 'maths').add(1, 2)).resolves.toBe(3)
  })

  test('is found through the dispatcher alone: what is not exposed is not there', async () => {
    const { a } = await serving()
    for (const method of ['_secret', 'constructor', 'toString', '__proto__', 'missing']) {
      const facts = { code: 'ERR_NO_SUCH_METHOD', uid: 'b', service: 'maths', method, executed: 'no' }
      await expect(call(a, 'b', 'maths', method)).rejects.toMatchObject(facts)
    }
  })

  test('that nobody offers is an error that says so', async () => {
    const { a } = await serving()
    const facts = {
      code: 'ERR_NO_SUCH_SERVICE',
      uid: 'b',
      service: 'physics',
      method: 'fall',
      executed: 'no',
    }
    await expect(call(a, 'b', 'physics', 'fall')).rejects.toMatchObject({
      ...facts,
      message: "there is no service 'physics' at b; there is maths",
    })
  })

  test('that yields gives a stream', async () => {
    const { a } = await serving()
    expect(await call(a, 'b', 'maths', 'count')).toBeInstanceOf(RemoteStream)
  })

  test('that was withdrawn is gone, and its name is free', async () => {
    const { a, b } = await serving()
    const exposed = b.expose('other', { hello: () => 'one' })
    exposed.withdraw()
    await expect(call(a, 'b', 'other', 'hello')).rejects.toMatchObject({ code: 'ERR_NO_SUCH_SERVICE' })
    b.expose('other', { hello: () => 'two' })
    exposed.withdraw() // the first one's, which is gone already
    await expect(call(a, 'b', 'other', 'hello')).resolves.toBe('two')
  })

  test.each(['maths', 'skein.maths', '', '1st', 'with space'])('is not exposed under %j', async (name) => {
    const { b } = await serving()
    const wrong = { code: 'ERR_INVALID_OPTION', option: 'name' }
    expect(() => b.expose(name, new Maths())).toThrow(expect.objectContaining(wrong))
  })
})

test('exposing nothing that could be called is an error that says what to do', async () => {
  const { b } = await serving()
  const wrong = (message: string) => expect.objectContaining({ code: 'ERR_INVALID_OPTION', message })
  expect(() => b.expose('x', {})).toThrow(wrong("the object exposed as 'x' has no methods"))
  const text = "a function has no name to be called by: expose('x', { run: fn })"
  expect(() => b.expose('x', () => 1)).toThrow(wrong(text))
})

describe('middleware', () => {
  test('surrounds requests, the first one used outermost', async () => {
    const { a, b } = await serving()
    const seen: string[] = []
    for (const name of ['outer', 'inner']) {
      b.use(async (request, next) => {
        seen.push(`${name} before ${request.message.method} of ${request.from}`)
        const result = await next(request)
        seen.push(`${name} after`)
        return result
      })
    }
    await expect(a.proxy<Maths>('b', 'maths').add(1, 2)).resolves.toBe(3)
    expect(seen).toEqual(['outer before add of a', 'inner before add of a', 'inner after', 'outer after'])
  })

  test('can refuse a request, and change its result', async () => {
    const { a, b } = await serving()
    const guard = (request: Incoming, next: (request: Incoming) => unknown): unknown => {
      if (request.message.method === 'later') throw new Error('not for you')
      return Number(next(request)) * 10
    }
    b.use(guard)
    const maths = a.proxy<Maths>('b', 'maths')
    await expect(maths.later()).rejects.toThrow('not for you')
    await expect(maths.add(1, 2)).resolves.toBe(30)
  })
})

describe('with a monitor', () => {
  test('runtimes know of each other without having met', async () => {
    await mesh.monitor()
    const [a, b] = [await mesh.runtime('a'), await mesh.runtime('b')]
    b.expose('maths', new Maths())
    await a.waitFor('b')
    await expect(a.proxy<Maths>('b', 'maths').add(1, 2)).resolves.toBe(3)
    expect(a.monitor).toBe('monitor')
  })

  test('a uid that is not known here is asked of it, once for all who want to know', async () => {
    // A monitor that knows everyone and introduces nobody.
    const monitor = await mesh.runtime('quiet')
    const lookups: unknown[] = []
    monitor.use((request, next) => {
      lookups.push(request.message.args)
      return next(request)
    })
    monitor.provide(
      DIRECTORY,
      directoryService(() => monitor.comms),
    )
    const options = { monitor: monitor.comms.address }
    const [a, b] = [await mesh.runtime('a', options), await mesh.runtime('b', options)]
    b.expose('maths', new Maths())
    expect(a.comms.entryOf('b')).toBeUndefined()
    const maths = a.proxy<Maths>('b', 'maths')
    await expect(Promise.all([maths.add(1, 2), maths.add(3, 4)])).resolves.toEqual([3, 7])
    expect(lookups).toEqual([['b']])
    const nobody = a.proxy<Maths>('nobody', 'maths').add(1, 2)
    await expect(nobody).rejects.toMatchObject({ code: 'ERR_NO_SUCH_PEER', uid: 'nobody' })
  })

  test('the directory tells who is there', async () => {
    await mesh.monitor()
    const a = await mesh.runtime('a', { roles: ['worker'] })
    const b = await mesh.runtime('b')
    const directory = a.proxy<DirectoryService>('monitor', 'skein.directory')
    await expect(directory.lookup('a')).resolves.toMatchObject({ uid: 'a', roles: ['worker'] })
    await expect(directory.lookup('nobody')).resolves.toBeUndefined()
    const uids = async () => (await directory.list()).map(({ uid }) => uid)
    expect(await uids()).toEqual(['monitor', 'a', 'b'])
    await b.stop()
    await eventually(async () => (await uids()).length === 2)
  })

  test('runtimes do without it when it is gone', async () => {
    const first = await mesh.monitor()
    const [a, b] = [await mesh.runtime('a'), await mesh.runtime('b')]
    b.expose('maths', new Maths())
    await a.waitFor('b')
    const gone = once<[PeerChange]>(a, 'peer', ({ uid, is }) => uid === 'monitor' && is === 'left')
    await first.stop()
    await gone
    await expect(a.proxy<Maths>('b', 'maths').add(1, 2)).resolves.toBe(3)
  })

  test('a runtime that can not reach it does not start, and is closed', async () => {
    const { meshToken, logger } = mesh
    const options = { uid: 'a', meshToken, logger, monitor: 'mem://nobody', handshake: { timeout: 50 } }
    const runtime = new Runtime(options, { transport: mesh.transport('a') })
    let closed = false
    runtime.on('close', () => {
      closed = true
    })
    await expect(runtime.start()).rejects.toMatchObject({ code: 'ERR_HANDSHAKE_TIMEOUT' })
    expect(closed).toBe(true)
  })
})

describe('stats', () => {
  test('count the calls that were served, those that failed, and not those of built-in services', async () => {
    const { a } = await serving()
    const maths = a.proxy<Maths>('b', 'maths')
    await Promise.allSettled([maths.add(1, 2), maths.later(), maths.fail(), call(a, 'b', 'maths', 'missing')])
    const stats = a.proxy<StatsService>('b', 'skein.stats')
    await stats.read()
    await expect(stats.read()).resolves.toMatchObject({ served: 4, errors: 2 })
  })

  test('tell how long the event loop was busy at most', async () => {
    const [a, b] = await mesh.pair()
    b.expose('cpu', {
      spin(ms: number) {
        const until = performance.now() + ms
        while (performance.now() < until);
      },
    })
    const stats = a.proxy<StatsService>('b', 'skein.stats')
    await eventually(async () => {
      await call(a, 'b', 'cpu', 'spin', 100)
      return (await stats.read()).busiest > 70
    })
    expect((await stats.read()).busiest).toBeLessThan(5000)
  })

  test('can be left out', async () => {
    const [a, b] = [await mesh.runtime('a'), await mesh.runtime('b', { stats: false })]
    await mesh.link(a, b)
    await expect(call(a, 'b', 'skein.stats', 'read')).rejects.toMatchObject({ code: 'ERR_NO_SUCH_SERVICE' })
  })
})

describe('the end', () => {
  test('comes when a peer asks for it', async () => {
    const [a, b] = await mesh.pair()
    const closed = once(b, 'close')
    await a.comms.stopPeer('b')
    await closed
  })

  test('is left to whoever listens for the asking', async () => {
    const [a, b] = await mesh.pair()
    const asked = once(b, 'stop')
    await a.comms.stopPeer('b')
    await expect(asked).resolves.toEqual(['a'])
    await expect(a.proxy<StatsService>('b', 'skein.stats').read()).resolves.toBeDefined()
  })

  test('may be asked for twice', async () => {
    const [a] = await mesh.pair()
    await Promise.all([a.stop(), a.stop()])
    await a.stop()
  })

  test('can come at once', async () => {
    const [a, b] = await mesh.pair()
    const lost = once<[PeerChange]>(b, 'peer', ({ uid, is }) => uid === 'a' && is === 'dead')
    await a.destroy()
    await lost
  })
})

describe('the events of peers', () => {
  test('tell of each state that says something of a peer, after the event of all', async () => {
    const [a, b] = await mesh.pair()
    const told: unknown[] = []
    a.on('peer', (change) => told.push(change))
    for (const event of ['peer:alive', 'peer:suspect', 'peer:dead', 'peer:left'] as const)
      a.on(event, (change) => told.push(`${event} ${change.uid}`, change))
    const watched = a.watch('b')
    await b.stop()
    const end = await watched
    expect(end).toMatchObject({ uid: 'b', instance: b.comms.instance, is: 'left', reason: 'stopped' })
    expect(told.slice(-3)).toEqual([end, 'peer:left b', end])
    expect(a.peers()).toMatchObject([{ uid: 'b', state: 'left', reason: 'stopped' }])
  })

  test('watching takes no option but a signal', async () => {
    const [a] = await mesh.pair()
    const wrong = { timeout: 1000 } as object
    await expect(a.watch('b', wrong)).rejects.toMatchObject({ code: 'ERR_INVALID_OPTION', option: 'timeout' })
  })
})
