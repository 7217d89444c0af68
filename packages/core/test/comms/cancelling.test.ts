import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { Incoming } from '../../src/comms/incoming.js'
import type { CommsManager } from '../../src/comms-manager.js'
import type { DirectoryEntry } from '../../src/wire/message.js'
import { call, failureOf, MemoryMesh, untilAborted } from './memory-mesh.js'

let mesh: MemoryMesh
let ran: Incoming[]
beforeEach(() => {
  mesh = new MemoryMesh()
  ran = []
})
afterEach(() => mesh.close())

const note = (request: Incoming) => void ran.push(request)
const hang = (request: Incoming) => {
  ran.push(request)
  return untilAborted(request)
}
const methods = { note, hang }
const numbers = () => ran.map(({ message }) => message.args[0])

async function linked(flow: object = {}): Promise<[CommsManager, CommsManager]> {
  const a = await mesh.runtime('a', methods, { flow })
  const b = await mesh.runtime('b', methods, { flow })
  await mesh.link(a, b)
  return [a, b]
}

/** The ways to give a request up. */
const ways = ['cancel', 'abort', 'timeout'] as const
type Way = (typeof ways)[number]
const codes: Record<Way, string> = { cancel: 'ERR_CANCELLED', abort: 'ERR_CANCELLED', timeout: 'ERR_TIMEOUT' }

/** A request, and a function that gives it up; a timeout comes after 160 ms. */
function asked(way: Way, from: CommsManager, to: string, method: string, ...args: unknown[]) {
  const controller = new AbortController()
  const timeout = way === 'timeout' ? 160 : 60_000
  const reply = from.sendRecv(to, call(method, ...args), { timeout, signal: controller.signal })
  const giveUp = async () => {
    if (way === 'cancel') reply.cancel()
    if (way === 'abort') controller.abort()
    if (way === 'timeout') await mesh.clock.advance(200)
  }
  return { failure: failureOf(reply), giveUp }
}

describe.each(ways)('A request that is given up (%s)', (way) => {
  const never = { code: codes[way], executed: 'no' }

  test.each(['b', 'a'])('in the turn in which it was made, to %s, never runs', async (to) => {
    if (way === 'timeout') return // no time passes within a turn
    const [a] = await linked()
    const before = a.sendRecv(to, call('note', 1))
    const { failure, giveUp } = asked(way, a, to, 'note', 2)
    const after = a.sendRecv(to, call('note', 3))
    await giveUp()
    expect(await failure).toMatchObject(never)
    await mesh.clock.advance(1000)
    await Promise.all([before, after])
    expect(numbers()).toEqual([1, 3])
  })

  test('while the window is full never runs, and those around it do', async () => {
    const [a] = await linked({ windowBytes: 1000, batchBytes: 200, outboxBytes: 1e6 })
    mesh.network.stall('b')
    const sent = Array.from({ length: 20 }, (_, n) => a.send('b', call('note', n, 'x'.repeat(100))))
    await mesh.clock.advance(10)
    const { failure, giveUp } = asked(way, a, 'b', 'note', 'never')
    const last = a.send('b', call('note', 'last'))
    await mesh.clock.advance(10)
    await giveUp()
    expect(await failure).toMatchObject(never)
    mesh.network.resume('b')
    await mesh.clock.advance(2000)
    await Promise.all([...sent, last])
    expect(numbers()).toEqual([...Array(20).keys(), 'last'])
  })

  test('while the receiver has no room to run it never runs', async () => {
    const [a] = await linked({ maxRunning: 1, windowMessages: 1 })
    const hanging = a.sendRecv('b', call('hang', 0), { timeout: Number.POSITIVE_INFINITY })
    await mesh.clock.advance(50)
    const admitted = a.send('b', call('note', 1))
    await mesh.clock.advance(50)
    const { failure, giveUp } = asked(way, a, 'b', 'note', 'never')
    await mesh.clock.advance(50)
    await giveUp()
    expect(await failure).toMatchObject(never)
    hanging.cancel()
    await Promise.all([failureOf(hanging), admitted])
    await mesh.clock.advance(1000)
    expect(numbers()).toEqual([0, 1])
  })

  test('while the outbox is full never runs', async () => {
    const [a] = await linked({ outboxMessages: 2 })
    mesh.network.stall('b')
    const sent = [0, 1].map((n) => a.send('b', call('note', n)))
    const { failure, giveUp } = asked(way, a, 'b', 'note', 'never')
    await mesh.clock.advance(10)
    await giveUp()
    expect(await failure).toMatchObject(never)
    mesh.network.resume('b')
    await mesh.clock.advance(1000)
    await Promise.all(sent)
    expect(numbers()).toEqual([0, 1])
  })

  test('while its receiver is looked up never runs', async () => {
    let found = (_: DirectoryEntry | undefined): void => {}
    const resolve = () => new Promise<DirectoryEntry | undefined>((done) => (found = done))
    const a = await mesh.runtime('a', {}, {}, { resolve })
    const b = await mesh.runtime('b', methods)
    const { failure, giveUp } = asked(way, a, 'b', 'note', 'never')
    const last = a.send('b', call('note', 'last'))
    await giveUp()
    expect(await failure).toMatchObject(never)
    found(b.entry)
    await mesh.clock.advance(1000)
    await last
    expect(numbers()).toEqual(['last'])
  })

  test('while its receiver can’t be reached for the first time never runs', async () => {
    const a = await mesh.runtime('a')
    const b = await mesh.runtime('b', methods)
    const c = await mesh.runtime('c', {}, { introduces: true })
    await mesh.link(b, c)
    mesh.network.partition('a', 'b')
    await mesh.link(a, c)
    const { failure, giveUp } = asked(way, a, 'b', 'note', 'never')
    await mesh.clock.advance(100)
    await giveUp()
    expect(await failure).toMatchObject(never)
    mesh.network.heal()
    await mesh.clock.advance(5000)
    expect(await mesh.inTime(a.sendRecv('b', call('note', 'last')))).toBeUndefined()
    expect(numbers()).toEqual(['last'])
  })

  test.each(['b', 'a'])(
    'after it was sent, to %s, may run, and its method’s signal is aborted',
    async (to) => {
      const [a] = await linked()
      const { failure, giveUp } = asked(way, a, to, 'hang')
      await mesh.clock.advance(10)
      const signal = ran[0]?.signal
      expect(signal?.aborted).toBe(false)
      await giveUp()
      expect(await failure).toMatchObject({ code: codes[way], executed: 'maybe' })
      await mesh.clock.advance(10)
      expect(signal?.aborted).toBe(true)
    },
  )

  test('before it was made is not made at all', async () => {
    if (way !== 'abort') return
    const [a] = await linked()
    const left = mesh.left.get('a')?.length
    for (const to of ['a', 'b']) {
      const reply = a.sendRecv(to, call('note', 1), { signal: AbortSignal.abort() })
      expect(await failureOf(reply)).toMatchObject(never)
    }
    await mesh.clock.advance(20)
    expect([numbers(), mesh.left.get('a')?.length]).toEqual([[], left])
  })
})

describe('The time that a method has left', () => {
  const timeLeft = ({ timeLeft }: Incoming) => timeLeft

  test('is what the look-up of its runtime has left over', async () => {
    let found = (_: DirectoryEntry | undefined): void => {}
    const resolve = () => new Promise<DirectoryEntry | undefined>((done) => (found = done))
    const a = await mesh.runtime('a', {}, {}, { resolve })
    const b = await mesh.runtime('b', { timeLeft })
    const reply = a.sendRecv<number>('b', call('timeLeft'), { timeout: 1000 })
    await mesh.clock.advance(400)
    found(b.entry)
    expect(await mesh.inTime(reply)).toBe(600)
  })

  test('is what the wait for room in the outbox has left over', async () => {
    const a = await mesh.runtime('a', {}, { flow: { outboxMessages: 1 } })
    const b = await mesh.runtime('b', { timeLeft })
    await mesh.link(a, b)
    mesh.network.stall('b')
    const first = a.sendRecv<number>('b', call('timeLeft'), { timeout: 1000 })
    const second = a.sendRecv<number>('b', call('timeLeft'), { timeout: 1000 })
    await mesh.clock.advance(400)
    mesh.network.resume('b')
    expect(await mesh.inTime(first)).toBe(1000) // it can't know how long its batch was under way
    const left = await mesh.inTime(second)
    expect(left).toBeLessThanOrEqual(600)
    expect(left).toBeGreaterThan(500)
  })

  test('is what the wait at the receiver, until there was room to run it, has left over', async () => {
    const ends: (() => void)[] = []
    const hold = () => new Promise<void>((resolve) => ends.push(resolve))
    const a = await mesh.runtime('a')
    const b = await mesh.runtime('b', { timeLeft, hold }, { flow: { maxRunning: 1 } })
    await mesh.link(a, b)
    const held = a.sendRecv('b', call('hold'))
    const reply = a.sendRecv<number>('b', call('timeLeft'), { timeout: 1000 })
    await mesh.clock.advance(401)
    for (const end of ends) end()
    expect(await mesh.inTime(reply)).toBe(600)
    await held
  })
})
