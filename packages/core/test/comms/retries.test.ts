import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { Incoming } from '../../src/comms/incoming.js'
import type { CommsManager } from '../../src/comms-manager.js'
import { SkeinError } from '../../src/errors.js'
import { call, failureOf, MemoryMesh } from './memory-mesh.js'

let mesh: MemoryMesh
let ran: number[]
beforeEach(() => {
  mesh = new MemoryMesh()
  ran = []
})
afterEach(() => mesh.close())

const busy = (executed: 'no' | 'maybe') => new SkeinError('ERR_OVERLOADED', 'busy', { executed })

/** Refuses, before anything has run, all but the request of this number. */
const refusing = (from: number) => (request: Incoming, n: number) => {
  ran.push(n)
  if (ran.length < from) throw request.refuse(busy('no'))
  return 'done'
}

async function linked(
  method: (request: Incoming, n: number) => unknown,
): Promise<[CommsManager, CommsManager]> {
  const a = await mesh.runtime('a')
  const b = await mesh.runtime('b', { method })
  await mesh.link(a, b)
  return [a, b]
}

describe('A request that failed', () => {
  test('is not tried again of itself, although it never ran', async () => {
    const [a] = await linked(refusing(2))
    expect(await mesh.inTime(failureOf(a.sendRecv('b', call('method', 1))))).toMatchObject({ executed: 'no' })
    expect(ran).toEqual([1])
  })

  test('is tried again if it never ran and may be tried so often', async () => {
    const [a] = await linked(refusing(3))
    expect(await mesh.inTime(a.sendRecv('b', call('method', 1), { tries: 3 }))).toBe('done')
    expect(ran).toEqual([1, 1, 1])
  })

  test('is tried no more than it may, and then fails with what was wrong', async () => {
    const [a] = await linked(refusing(100))
    for (const [options, tries] of [
      [{ tries: 2 }, 2],
      [{ tries: 3 }, 3],
      [{ idempotent: true }, 3],
      [{ idempotent: true, tries: 1 }, 1],
    ] as const) {
      ran = []
      const failure = failureOf(a.sendRecv('b', call('method', 1), options))
      expect(await mesh.inTime(failure)).toMatchObject({ code: 'ERR_OVERLOADED', executed: 'no' })
      expect(ran).toHaveLength(tries)
    }
  })

  test('and may have run is tried again only if it is idempotent', async () => {
    const [a] = await linked((_, n) => {
      ran.push(n)
      if (ran.filter((each) => each === n).length < 2) throw busy('maybe')
      return 'done'
    })
    const once = await mesh.inTime(failureOf(a.sendRecv('b', call('method', 1), { tries: 3 })))
    expect(once).toMatchObject({ code: 'ERR_OVERLOADED', executed: 'maybe' })
    expect(await mesh.inTime(a.sendRecv('b', call('method', 2), { idempotent: true }))).toBe('done')
    expect(ran).toEqual([1, 2, 2])
  })

  test('with an error of the method’s own is never tried again', async () => {
    const [a] = await linked((_, n) => {
      ran.push(n)
      throw new RangeError('wrong')
    })
    const failure = failureOf(a.sendRecv('b', call('method', 1), { idempotent: true }))
    expect(await mesh.inTime(failure)).toBeInstanceOf(RangeError)
    expect(ran).toEqual([1])
  })

  test('is not tried again once its deadline has passed, or it was cancelled', async () => {
    const [a] = await linked(refusing(100))
    const options = { tries: 3, timeout: 20 }
    const late = failureOf(a.sendRecv('b', call('method', 1), options))
    const reply = a.sendRecv('b', call('method', 2), { tries: 3 })
    await mesh.clock.advance(10)
    reply.cancel()
    expect(await failureOf(reply)).toMatchObject({ code: 'ERR_CANCELLED', executed: 'no' })
    await mesh.clock.advance(1000)
    expect(await late).toMatchObject({ code: 'ERR_TIMEOUT', executed: 'no' })
    expect(ran).toEqual([1, 2])
  })

  test('may have run if any of its tries may, whatever ended the last of them', async () => {
    const [a] = await linked((request, n) => {
      ran.push(n)
      throw ran.length === 1 ? busy('maybe') : request.refuse(busy('no'))
    })
    const refused = failureOf(a.sendRecv('b', call('method', 1), { idempotent: true }))
    expect(await mesh.inTime(refused)).toMatchObject({ code: 'ERR_OVERLOADED', executed: 'maybe' })
    expect(ran).toHaveLength(3)
    for (const giveUp of ['cancel', 'timeout']) {
      ran = []
      const reply = a.sendRecv('b', call('method', 1), { idempotent: true, timeout: 16 })
      const failure = failureOf(reply)
      await mesh.clock.advance(5)
      if (giveUp === 'cancel') reply.cancel()
      await mesh.clock.advance(100)
      expect(await failure).toMatchObject({ executed: 'maybe' })
      expect(ran).toHaveLength(1)
    }
  })

  test('gives its next try what is left of its time', async () => {
    const left: number[] = []
    const [a] = await linked((request) => {
      left.push(request.timeLeft)
      throw request.refuse(busy('no'))
    })
    await mesh.inTime(failureOf(a.sendRecv('b', call('method', 1), { tries: 3, timeout: 1000 })))
    const [first = 0, second = 0, third = 0] = left
    expect(first).toBe(1000)
    expect(first - second).toBeGreaterThanOrEqual(25)
    expect(first - second).toBeLessThan(80)
    expect(second - third).toBeGreaterThanOrEqual(50)
  })
})

describe('A peer in trouble', () => {
  const failures = async (a: CommsManager, times: number, to = 'b') => {
    for (let n = 0; n < times; n++) {
      await mesh.inTime(failureOf(a.sendRecv(to, call('method', n), { idempotent: true })))
    }
  }

  test('gets a tenth more than it would get anyway, beyond the first ten', async () => {
    const [a] = await linked(refusing(1e9))
    await failures(a, 30)
    expect(ran.length).toBeGreaterThanOrEqual(30 + 10)
    expect(ran.length).toBeLessThanOrEqual(30 + 10 + 3)
  })

  test('takes nothing from what others get', async () => {
    const [a] = await linked(refusing(1e9))
    const c = await mesh.runtime('c', { method: refusing(1e9) })
    await mesh.link(a, c)
    await failures(a, 20)
    ran = []
    await failures(a, 1, 'c')
    expect(ran).toHaveLength(3)
  })

  test('that answers again gets its tries back', async () => {
    let works = false
    const [a] = await linked((request, n) => {
      ran.push(n)
      if (!works) throw request.refuse(busy('no'))
    })
    await failures(a, 20)
    works = true
    await failures(a, 30)
    works = false
    ran = []
    await failures(a, 1)
    expect(ran).toHaveLength(3)
  })
})

test('A runtime that comes back under its name gets the try that its predecessor didn’t answer', async () => {
  const a = await mesh.runtime('a')
  const first = await mesh.runtime('b', { method: () => new Promise(() => {}) })
  await mesh.link(a, first)
  const reply = a.sendRecv('b', call('method', 1), { idempotent: true })
  const lost = failureOf(a.sendRecv('b', call('method', 2)))
  await mesh.clock.advance(20)
  mesh.network.kill('b')
  void first.destroy()
  const second = await mesh.runtime('b', { method: (_, n: number) => `second ${n}` })
  await mesh.link(second, a)
  expect(await mesh.inTime(reply)).toBe('second 1')
  expect(await lost).toMatchObject({ code: 'ERR_PEER_LOST', executed: 'maybe' })
})
