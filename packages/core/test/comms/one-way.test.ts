import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { CommsManager } from '../../src/comms-manager.js'
import type { FlowOptions } from '../../src/options.js'
import { call, failureOf, MemoryMesh } from './memory-mesh.js'

let mesh: MemoryMesh
let taken: unknown[]
beforeEach(() => {
  mesh = new MemoryMesh()
  taken = []
})
afterEach(() => mesh.close())

const take = (_: unknown, n: unknown) => void taken.push(n)
const ends: (() => void)[] = []
const slowly = (_: unknown, n: unknown) => {
  taken.push(n)
  return new Promise<void>((resolve) => ends.push(resolve))
}
const numbers = (length: number) => Array.from({ length }, (_, n) => n)

async function linked(flow: Partial<FlowOptions>): Promise<[CommsManager, CommsManager]> {
  const a = await mesh.runtime('a', {}, { flow })
  const b = await mesh.runtime('b', { take, slowly }, { flow })
  await mesh.link(a, b)
  return [a, b]
}

describe.each([
  ['messages', { outboxMessages: 5 }],
  ['bytes', { outboxBytes: 500, batchBytes: 100 }],
] as const)('While the outbox is full of %s', (_, flow) => {
  test('a send waits, and leaves in its turn', async () => {
    const [a] = await linked(flow)
    mesh.network.stall('b')
    let resolved = 0
    const sent = numbers(50).map((n) => a.send('b', call('take', n, 'x'.repeat(100))).then(() => resolved++))
    await mesh.clock.advance(100)
    expect(resolved).toBeLessThan(10)
    mesh.network.resume('b')
    await mesh.inTime(Promise.all(sent))
    await mesh.clock.advance(100)
    expect(taken).toEqual(numbers(50))
  })

  test('a send that is not to wait fails, nothing of it is sent, and later ones pass', async () => {
    const [a] = await linked(flow)
    mesh.network.stall('b')
    const options = { overflow: 'fail' } as const
    const sends = numbers(50).map((n) => failureOf(a.send('b', call('take', n, 'x'.repeat(100)), options)))
    const calls = numbers(50).map((n) => failureOf(a.sendRecv('b', call('take', -n), options)))
    await mesh.clock.advance(100)
    const failures = await Promise.all(sends)
    const accepted = numbers(50).filter((n) => failures[n] === undefined)
    expect(accepted.length).toBeLessThan(10)
    expect(failures.at(-1)).toMatchObject({ code: 'ERR_OVERLOADED', uid: 'b', executed: 'no' })
    for (const failure of await Promise.all(calls)) {
      expect(failure).toMatchObject({ code: 'ERR_OVERLOADED', executed: 'no' })
    }
    mesh.network.resume('b')
    await mesh.clock.advance(200)
    await a.send('b', call('take', 'later'), options)
    await mesh.clock.advance(100)
    expect(taken).toEqual([...accepted, 'later'])
  })

  test('a send fails if the peer is lost before there was room', async () => {
    const [a] = await linked(flow)
    mesh.network.stall('b')
    const sent = numbers(50).map((n) => failureOf(a.send('b', call('take', n, 'x'.repeat(100)))))
    await mesh.clock.advance(10)
    mesh.network.kill('b')
    const failures = await mesh.inTime(Promise.all(sent))
    expect(failures[0]).toBeUndefined()
    expect(failures.at(-1)).toMatchObject({ code: 'ERR_PEER_LOST', uid: 'b', executed: 'no' })
  })
})

test('What the outbox has taken arrives once and in order, however often the connection is cut', async () => {
  const [a] = await linked({ outboxMessages: 20, batchBytes: 100, windowBytes: 400 })
  const sent = numbers(500).map((n) => a.send('b', call('take', n, 'x'.repeat(30))))
  for (let cuts = 0; cuts < 30; cuts++) {
    await mesh.clock.advance(20)
    mesh.network.cut('a', 'b')
  }
  await mesh.inTime(Promise.all(sent))
  await mesh.clock.advance(5000)
  expect(taken).toEqual(numbers(500))
})

describe('What was sent before stop arrives', () => {
  /** Stops a runtime, while time passes, and what its peer holds up ends. */
  const stop = async (a: CommsManager) => {
    let stopped = false
    void a.stop().then(() => {
      stopped = true
    })
    while (!stopped) {
      for (const end of ends.splice(0)) end()
      await mesh.clock.advance(5)
    }
    for (let i = 0; i < 200; i++) {
      for (const end of ends.splice(0)) end()
      await mesh.clock.advance(1)
    }
  }

  test('over a link that was used', async () => {
    const [a] = await linked({})
    for (const n of numbers(1000)) void a.send('b', call('take', n))
    await stop(a)
    expect(taken).toEqual(numbers(1000))
  })

  test('over a link that was never used before', async () => {
    const hub = await mesh.runtime('hub', {}, { introduces: true })
    const a = await mesh.runtime('a')
    const b = await mesh.runtime('b', { take })
    await mesh.link(b, hub)
    await mesh.link(a, hub)
    expect(a.shaken('b')).toBe(false)
    for (const n of numbers(1000)) void a.send('b', call('take', n))
    await stop(a)
    expect(taken).toEqual(numbers(1000))
  })

  test('at a peer that runs as much as it may', async () => {
    const [a] = await linked({ maxRunning: 1 })
    for (const n of numbers(100)) void a.send('b', call('slowly', n))
    await stop(a)
    expect(taken).toEqual(numbers(100))
  })

  test('at a peer that runs as much as it may, and lets no more come', async () => {
    const [a] = await linked({ maxRunning: 1, windowMessages: 1, batchBytes: 10 })
    for (const n of numbers(20)) void a.send('b', call('slowly', n))
    await stop(a)
    expect(taken).toEqual(numbers(20))
  })

  test('from where sends wait for room', async () => {
    const [a] = await linked({ outboxMessages: 10 })
    const sent = numbers(100).map((n) => a.send('b', call('take', n)))
    await stop(a)
    await Promise.all(sent)
    expect(taken).toEqual(numbers(100))
  })

  test('unless it is destroyed: then what waits for room says that it has not left', async () => {
    const [a] = await linked({ outboxMessages: 10 })
    const failures = numbers(20).map((n) => failureOf(a.send('b', call('take', n))))
    await a.destroy()
    expect(await failures[0]).toBeUndefined()
    expect(await failures[19]).toMatchObject({ code: 'ERR_CLOSED', uid: 'b', executed: 'no' })
  })
})
