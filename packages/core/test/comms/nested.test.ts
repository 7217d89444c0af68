import { AsyncLocalStorage } from 'node:async_hooks'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { currentRequest } from '../../src/comms/current-request.js'
import type { Incoming } from '../../src/comms/incoming.js'
import type { CommsManager } from '../../src/comms-manager.js'
import type { CommsOptions } from '../../src/options.js'
import { call, failureOf, MemoryMesh, type Methods, untilAborted } from './memory-mesh.js'

let mesh: MemoryMesh
beforeEach(() => {
  mesh = new MemoryMesh()
})
afterEach(() => mesh.close())

/** What ran at the end of the chain. */
let last: Incoming | undefined

type Chain = [CommsManager, CommsManager, CommsManager]

/** Three in a row: a asks b, which asks c, unless it does what `middle` says. */
async function chain(middle: Methods = {}, options: Partial<CommsOptions> = {}): Promise<Chain> {
  last = undefined
  const hang = (request: Incoming) => {
    last = request
    return untilAborted(request)
  }
  const timeLeft = (request: Incoming) => {
    last = request
    return request.timeLeft
  }
  const a = await mesh.runtime('a')
  const b: CommsManager = await mesh.runtime(
    'b',
    {
      relay: (_, method: string, timeout?: number) => b.sendRecv('c', call(method), { timeout }),
      relayLater: async (_, method: string) => {
        await new Promise<void>((resolve) => mesh.clock.after(100, resolve))
        return b.sendRecv('c', call(method))
      },
      own: (_, method: string) => b.sendRecv('b', call(method)),
      timeLeft,
      hang,
      ...middle,
    },
    { timeout: 30_000, ...options },
  )
  const c = await mesh.runtime('c', { timeLeft, hang })
  await mesh.link(a, b)
  await mesh.link(b, c)
  return [a, b, c]
}

describe('What is asked within a request', () => {
  test('has what remains of its deadline, over two hops', async () => {
    const [a] = await chain()
    const asked = a.sendRecv<number>('b', call('relayLater', 'timeLeft'), { timeout: 1000 })
    expect(await mesh.inTime(asked)).toBe(900)
  })

  test('has no more than it asks for itself', async () => {
    const [a] = await chain()
    const asked = a.sendRecv<number>('b', call('relay', 'timeLeft', 300), { timeout: 1000 })
    expect(await mesh.inTime(asked)).toBe(300)
  })

  test('has its own default where the request around it has no deadline', async () => {
    const [a] = await chain()
    const asked = a.sendRecv('b', call('relay', 'timeLeft'), { timeout: Number.POSITIVE_INFINITY })
    expect(await mesh.inTime(asked)).toBe(30_000)
  })

  test.each(['relay', 'own'])('is given up with it (%s)', async (method) => {
    const [a] = await chain()
    const reply = a.sendRecv('b', call(method, 'hang'))
    await mesh.clock.advance(10)
    expect(last?.signal.aborted).toBe(false)
    reply.cancel('no longer of interest')
    expect(await failureOf(reply)).toMatchObject({ code: 'ERR_CANCELLED', executed: 'maybe' })
    await mesh.clock.advance(10)
    expect(last?.signal.reason).toMatchObject({ code: 'ERR_CANCELLED' })
  })

  test('is given up when the request around it times out, although nobody looks at its signal there', async () => {
    const [a] = await chain()
    const failure = failureOf(a.sendRecv('b', call('relay', 'hang'), { timeout: 200 }))
    await mesh.clock.advance(300)
    expect(await failure).toMatchObject({ code: 'ERR_TIMEOUT' })
    expect(last?.signal.aborted).toBe(true)
  })

  test('is given up when the caller of the request around it dies', async () => {
    const [a] = await chain()
    const failure = failureOf(a.sendRecv('b', call('relay', 'hang'), { timeout: Number.POSITIVE_INFINITY }))
    await mesh.clock.advance(10)
    expect(last?.signal.aborted).toBe(false)
    await a.destroy()
    await failure
    await mesh.clock.advance(15_000)
    expect(last?.signal.aborted).toBe(true)
  })

  test('is not made any more once the request around it was given up', async () => {
    let outcome: Promise<unknown> | undefined
    const [a, b] = await chain({
      late: async (request) => {
        await untilAborted(request).catch(() => {})
        outcome = failureOf(b.sendRecv('c', call('hang')))
        await outcome
      },
    })
    const reply = a.sendRecv('b', call('late'))
    await mesh.clock.advance(10)
    reply.cancel()
    await failureOf(reply)
    await mesh.clock.advance(10)
    expect(await outcome).toMatchObject({ code: 'ERR_CANCELLED', executed: 'no' })
    expect(last).toBeUndefined()
  })

  test('once there is no time left is not sent', async () => {
    let outcome: Promise<unknown> | undefined
    const [a, b] = await chain({
      late: async () => {
        await new Promise<void>((resolve) => mesh.clock.after(205, resolve))
        outcome = failureOf(b.sendRecv('c', call('timeLeft')))
        await outcome
      },
    })
    const failure = failureOf(a.sendRecv('b', call('late'), { timeout: 200 }))
    await mesh.clock.advance(10)
    mesh.network.partition('a', 'b') // the cancel does not come
    await mesh.clock.advance(300)
    await failure
    expect(await outcome).toMatchObject({ executed: 'no' })
    expect(last).toBeUndefined()
  })

  test('inherits nothing once the method has ended, although it was begun there', async () => {
    const later: Promise<unknown>[] = []
    const [a, b] = await chain({
      background: () => {
        void (async () => {
          await new Promise<void>((resolve) => mesh.clock.after(500, resolve))
          later.push(b.sendRecv('c', call('timeLeft'), { timeout: 60_000 }))
        })()
      },
    })
    await mesh.inTime(a.sendRecv('b', call('background'), { timeout: 200 }))
    await mesh.clock.advance(600)
    expect(later).toHaveLength(1)
    expect(await later[0]).toBe(60_000)
  })

  test('inherits nothing in a runtime without request context', async () => {
    const seen: unknown[] = []
    const [a, b] = await chain(
      {
        look: () => {
          seen.push(currentRequest())
          return b.sendRecv('c', call('hang'), { timeout: 60_000 })
        },
      },
      { requestContext: false },
    )
    const asked = a.sendRecv('b', call('relay', 'timeLeft'), { timeout: 1000 })
    expect(await mesh.inTime(asked)).toBe(30_000)
    const reply = a.sendRecv('b', call('look'), { timeout: 1000 })
    await mesh.clock.advance(10)
    reply.cancel()
    await failureOf(reply)
    await mesh.clock.advance(10)
    expect([seen, last?.signal.aborted]).toEqual([[undefined], false])
  })
})

describe('currentRequest', () => {
  test('tells a method who asks, until when, and whether somebody still waits, over awaits and timers', async () => {
    const seen: unknown[] = []
    const note = () => {
      const request = currentRequest()
      seen.push([request?.from, request?.timeLeft, request?.signal.aborted])
    }
    const [a] = await chain({
      look: async () => {
        note()
        await Promise.resolve()
        note()
        await new Promise<void>((resolve) => mesh.clock.after(100, resolve))
        note()
      },
    })
    const reply = a.sendRecv('b', call('look'), { timeout: 1000 })
    await mesh.clock.advance(50)
    reply.cancel()
    await failureOf(reply)
    await mesh.clock.advance(100)
    expect(seen).toEqual([
      ['a', 1000, false],
      ['a', 1000, false],
      ['a', 900, true],
    ])
    expect(currentRequest()).toBeUndefined()
  })

  test('is of each method its own, where many run at once', async () => {
    const [a, b] = await chain({
      who: async (_, n: number) => {
        await new Promise<void>((resolve) => mesh.clock.after(n * 3, resolve))
        return [n, currentRequest()?.from]
      },
    })
    const mixed = Array.from({ length: 10 }, (_, n) =>
      [a, b].map((from) => from.sendRecv('b', call('who', n))),
    )
    const all = await mesh.inTime(Promise.all(mixed.flat()))
    expect(all).toEqual(
      Array.from({ length: 10 }, (_, n) => [
        [n, 'a'],
        [n, 'b'],
      ]).flat(),
    )
  })

  test('and what its generator has put into a context of its own, are nothing to requests that wait for its end', async () => {
    const store = new AsyncLocalStorage<string>()
    const later = () => {
      const value = { store: store.getStore() ?? 'none' }
      return Object.defineProperty(value, 'from', {
        enumerable: true,
        get: () => currentRequest()?.from ?? 'none', // when the answer is encoded
      })
    }
    const items = async function* () {
      store.enterWith('of the stream')
      yield 1
      yield 2
    }
    const a = await mesh.runtime('a')
    await mesh.link(a, await mesh.runtime('b', { items, later }, { flow: { maxRunning: 1 } }))
    const streams = a.sendRecv('b', call('items')) as Promise<AsyncIterable<unknown>>
    const waiting = Promise.all([1, 2, 3].map(() => a.sendRecv('b', call('later'))))
    const seen: unknown[] = []
    const read = async () => {
      for await (const item of await streams) seen.push(item)
    }
    await mesh.inTime(read())
    expect(seen).toEqual([1, 2])
    expect(await mesh.inTime(waiting)).toEqual(new Array(3).fill({ store: 'none', from: 'none' }))
  })
})
