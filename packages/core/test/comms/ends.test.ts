import { Readable } from 'node:stream'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { collected, collectedUntil, eventually } from '@skein/test-harness'
import type { CommsManager } from '../../src/comms-manager.js'
import { SkeinError } from '../../src/errors.js'
import type { RemoteStream } from '../../src/stream/remote-stream.js'
import { call, MemoryMesh, type Methods } from './memory-mesh.js'

let mesh: MemoryMesh
beforeEach(() => {
  mesh = new MemoryMesh()
})
afterEach(() => mesh.close())

async function two(methods: Methods, options = {}, ofA: Methods = {}): Promise<[CommsManager, CommsManager]> {
  const a = await mesh.runtime('a', ofA)
  const b = await mesh.runtime('b', methods, options)
  await mesh.link(a, b)
  return [a, b]
}

/** What is running at `b` for `a`. */
const running = (b: CommsManager) => b.peers().find(({ uid }) => uid === 'a')?.running

async function* count(to = 3) {
  for (let n = 0; n < to; n++) yield n
}

const outcome = (promise: Promise<unknown>) => promise.catch((error: unknown) => error)

describe('A stream that answers a request', () => {
  const reading: Methods = { count: () => count(1e6) }

  async function letGo(a: CommsManager, args: unknown[] = []): Promise<void> {
    const stream = await mesh.inTime(a.sendRecv<RemoteStream<number>>('b', call('count', ...args)))
    await mesh.inTime(stream.next())
  }

  test.each([
    ['outside of a request', false, []],
    ['within a request', true, []],
    ['to a request with a stream', false, [count()]],
  ])('is closed when it is let go of, %s', async (_, isNested, args) => {
    const hold = async () => {
      await letGo(a)
      return new Promise(() => {})
    }
    const [a, b] = await two(reading, {}, { hold })
    if (isNested) void a.sendRecv('a', call('hold')).catch(() => {})
    else await letGo(a, args)
    await eventually(async () => {
      await mesh.clock.advance(5)
      return running(b) === 1
    })
    await collectedUntil(async () => {
      await mesh.clock.advance(50)
      return running(b) === 0
    })
  })

  test('outlives the deadline of its request, and so does what its method asks and looks at', async () => {
    const seen: boolean[] = []
    const [a, b] = await two({
      slow: async function* ({ signal }) {
        for (let n = 0; n < 4; n++) {
          await new Promise<void>((resolve) => mesh.clock.after(200, resolve))
          seen.push(signal.aborted)
          yield await b.sendRecv('b', call('echo', n))
        }
      },
      echo: (_, value) => value,
    })
    const read = async () => {
      const items: unknown[] = []
      for await (const item of a.sendRecv<AsyncIterable<unknown>>('b', call('slow'), { timeout: 300 }))
        items.push(item)
      return items
    }
    expect(await mesh.inTime(read())).toEqual([0, 1, 2, 3])
    expect(seen).toEqual([false, false, false, false])
  })

  test('and those that lie in an answer keep the streams among the arguments', async () => {
    const [a] = await two({
      mapped: (_, items: AsyncIterable<number>) => ({
        out: (async function* () {
          for await (const item of items) yield 2 * item
        })(),
      }),
    })
    const { out } = await mesh.inTime(a.sendRecv<{ out: RemoteStream<number> }>('b', call('mapped', count())))
    const items: number[] = []
    const read = async () => {
      for await (const item of out) items.push(item)
    }
    await mesh.inTime(read())
    expect(items).toEqual([0, 2, 4])
  })

  test('that nobody waits for any more is ended, wherever it lies in the answer', async () => {
    let end = () => {}
    const readable = Readable.from([1, 2])
    const [a] = await two({
      late: async () => {
        await new Promise<void>((resolve) => {
          end = resolve
        })
        return readable
      },
    })
    const reply = a.sendRecv('b', call('late'))
    const given = outcome(reply)
    await mesh.clock.advance(10)
    reply.cancel()
    await mesh.clock.advance(10)
    end()
    await eventually(() => readable.destroyed)
    expect(await given).toMatchObject({ code: 'ERR_CANCELLED' })
  })
})

describe('A request', () => {
  test('with a stream among its arguments is not tried again: what was begun can’t be read from its beginning', async () => {
    let tries = 0
    const [a] = await two({
      sum: (request) => {
        tries += 1
        throw request.refuse(new SkeinError('ERR_OVERLOADED', 'busy', { executed: 'no' }))
      },
    })
    const failed = outcome(a.sendRecv('b', call('sum', count()), { tries: 3, idempotent: true }))
    expect(await mesh.inTime(failed)).toMatchObject({ code: 'ERR_OVERLOADED', executed: 'no' })
    expect(tries).toBe(1)
  })

  test('that is aborted while its arguments are encoded never runs', async () => {
    let ran = 0
    const [a] = await two({ m: () => ran++ })
    const controller = new AbortController()
    const arg = Object.defineProperty({}, 'x', {
      enumerable: true,
      get() {
        controller.abort()
        return 1
      },
    })
    const failed = outcome(a.sendRecv('b', call('m', arg), { signal: controller.signal }))
    await mesh.clock.advance(100)
    expect(await failed).toMatchObject({ code: 'ERR_CANCELLED', executed: 'no' })
    expect(ran).toBe(0)
  })

  test('that is given up while it waits for room lets go of its arguments', async () => {
    const [, b] = await two({})
    const full = await mesh.runtime('full', {}, { flow: { outboxMessages: 1 } })
    await mesh.link(full, b)
    mesh.network.stall('b')
    void full.send('b', call('first'))
    const args: WeakRef<unknown[]>[] = []
    const ask = () => {
      const arg = new Array(1000).fill(0)
      args.push(new WeakRef(arg))
      return outcome(full.sendRecv('b', call('m', arg), { timeout: 50 }))
    }
    const outcomes = Array.from({ length: 20 }, ask)
    await mesh.clock.advance(100)
    for (const each of await Promise.all(outcomes)) {
      expect(each).toMatchObject({ code: 'ERR_TIMEOUT', executed: 'no' })
    }
    await collected(...args)
  })

  test('shares the one listener of its signal with all others', async () => {
    const [a] = await two({ m: () => new Promise(() => {}) })
    const { signal } = new AbortController()
    let listeners = 0
    const add = signal.addEventListener
    signal.addEventListener = (...args: Parameters<typeof add>) => {
      listeners += 1
      return Reflect.apply(add, signal, args)
    }
    for (let n = 0; n < 20; n++) void outcome(a.sendRecv('b', call('m'), { signal }))
    expect(listeners).toBe(1)
  })

  test('of a caller that has died is not begun if it waits to be', async () => {
    let ran = 0
    const endless = () => {
      ran += 1
      return new Promise(() => {})
    }
    const [a, b] = await two({ m: endless }, { flow: { maxRunning: 2 } })
    for (let n = 0; n < 20; n++) void outcome(a.sendRecv('b', call('m')))
    await mesh.clock.advance(100)
    expect([ran, running(b)]).toEqual([2, 20])
    mesh.network.kill('a')
    await mesh.clock.advance(20_000)
    expect([ran, b.connected('a')]).toEqual([2, false])
  })

  test('whose listener throws at its end costs no place, and nothing else', async () => {
    const [a, b] = await two(
      {
        m: (request) => {
          request.whenOver(() => {
            throw new Error('thrown')
          })
          return 1
        },
      },
      { flow: { maxRunning: 1 } },
    )
    for (let n = 0; n < 3; n++) expect(await mesh.inTime(a.sendRecv('b', call('m')))).toBe(1)
    expect(running(b)).toBe(0)
  })
})
