import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { TurnedClock } from '../../src/clock.js'
import { MemoryNetwork } from '../../src/transport/memory-network.js'
import type { Transport } from '../../src/transport/transport.js'
import { dialled, filled, HEARTBEAT, type Listening, listening, numbers, text } from './observed.js'

const unwatched = { watch: false, ...HEARTBEAT }
/** Longer than any heartbeat takes to fail, in milliseconds. */
const LONG = 10_000

describe('the memory network', () => {
  let clock: TurnedClock
  let network: MemoryNetwork
  let a: Transport
  let b: Listening

  beforeEach(async () => {
    clock = new TurnedClock()
    network = new MemoryNetwork({ clock, seed: 7, latency: { min: 1, max: 5 } })
    a = network.transport('a')
    b = await listening(network.transport('b'), { schemes: ['mem'] })
  })

  afterEach(async () => {
    await network.close()
    expect(clock.pending).toBe(0)
  })

  /** A connection from `a` to `b` that stands. */
  async function connected(options = { watch: true, ...HEARTBEAT }) {
    const connection = dialled(a, b.endpoint, options)
    await clock.advance(20)
    return connection
  }

  test('plays the same events at the same instants for the same seed, and others for another', async () => {
    const play = async (seed: number) => {
      const clock = new TurnedClock()
      const network = new MemoryNetwork({ clock, seed, latency: { min: 1, max: 50 } })
      const events: string[] = []
      const note = (event: string) => events.push(`${clock.now()} ${event}`)
      const options = { schemes: ['mem' as const], host: '', port: undefined, instance: 'b', frameBytes: 100 }
      await network.transport('b').listen(options, {
        batch: ([first]) => note(`batch ${Buffer.from(first ?? [])}`),
        settled() {},
      })
      const on = { up: () => note('up'), down: (reason: string) => note(reason) }
      const outbound = network.transport('a').dial('mem://b', { watch: true, ...HEARTBEAT }, on)
      await clock.advance(100)
      for (const each of numbers(5)) {
        await outbound.send(text(each))
        await clock.advance(each === '4' ? 50 : 20)
      }
      network.partition('a', 'b')
      await clock.advance(LONG)
      await network.close()
      return events
    }
    const first = await play(1)
    expect(first).toHaveLength(7)
    expect(await play(1)).toEqual(first)
    expect(await play(2)).not.toEqual(first)
  })

  test('delivers within the latency that was asked for, and in order', async () => {
    const { outbound } = await connected(unwatched)
    for (const each of numbers(100)) await outbound.send(text(each))
    await clock.advance(0.9)
    expect(b.inbox.texts).toEqual([])
    await clock.advance(5)
    expect(b.inbox.texts).toEqual(numbers(100))
  })

  test('hands over nothing before its time', async () => {
    const slow = new MemoryNetwork({ clock, seed: 1, latency: { min: 10, max: 10 } })
    const { inbox, endpoint } = await listening(slow.transport('b'), { schemes: ['mem'] })
    const { outbound } = dialled(slow.transport('a'), endpoint)
    await clock.advance(20)
    await outbound.send(text('first'))
    await clock.advance(5)
    await outbound.send(text('second'))
    await clock.advance(5)
    expect(inbox.texts).toEqual(['first'])
    await clock.advance(5)
    expect(inbox.texts).toEqual(['first', 'second'])
    await slow.close()
  })

  test('copies frames on the way, so that a change afterwards is not seen', async () => {
    const { outbound } = await connected()
    const frame = Buffer.from('before')
    await outbound.send([frame])
    frame.write('after!')
    await clock.advance(5)
    expect(b.inbox.texts).toEqual(['before'])
  })

  test('keeps the connections of a stalled host up, and gives it what it missed in one burst', async () => {
    const { outbound, events } = await connected()
    network.stall('b')
    for (const each of numbers(3)) await outbound.send(text(each))
    await clock.advance(LONG)
    const late = dialled(a, b.endpoint)
    await clock.advance(LONG)
    expect(b.inbox.texts).toEqual([])
    expect(events).toEqual(['up'])
    expect(late.events).toEqual(['up'])
    network.resume('b')
    await clock.advance(0)
    expect(b.inbox.texts).toEqual(numbers(3))
  })

  test('gives a host what comes at the end of its stall after what came during it', async () => {
    const steady = new MemoryNetwork({ clock, seed: 1, latency: { min: 10, max: 10 } })
    const { inbox, endpoint } = await listening(steady.transport('b'), { schemes: ['mem'] })
    const { outbound } = dialled(steady.transport('a'), endpoint)
    await clock.advance(20)
    steady.stall('b')
    clock.after(15, () => steady.resume('b'))
    await outbound.send(text('during'))
    await clock.advance(5)
    await outbound.send(text('at the end'))
    await clock.advance(10)
    expect(inbox.texts).toEqual(['during', 'at the end'])
    await steady.close()
  })

  test('tells a stalled host about its own connections when it is back, in order', async () => {
    network.stall('a')
    const open = await connected()
    const closed = await connected()
    network.kill('b')
    await clock.advance(LONG)
    expect(open.events).toEqual([])
    closed.outbound.close()
    network.resume('a')
    await clock.advance(0)
    expect(open.events).toEqual(['up', 'down: connection lost'])
    expect(closed.events).toEqual([])
  })

  test('makes a sender wait when a stalled host takes nothing, until it does', async () => {
    const { outbound } = await connected(unwatched)
    network.stall('b')
    const { waiting } = await filled(outbound)
    let isTaken = false
    void waiting.then(() => {
      isTaken = true
    })
    await clock.advance(LONG)
    expect(isTaken).toBe(false)
    network.resume('b')
    await clock.advance(10)
    expect(isTaken).toBe(true)
  })

  test('loses the watched connections to a frozen host after the heartbeat timeout, and only those', async () => {
    const watched = await connected()
    const data = await connected(unwatched)
    network.freeze('b')
    await data.outbound.send(text('late'))
    await clock.advance(HEARTBEAT.heartbeatTimeout - 1)
    expect(watched.events).toEqual(['up'])
    await clock.advance(HEARTBEAT.heartbeatInterval + 1)
    expect(watched.events).toEqual(['up', 'down: connection lost'])
    network.resume('b')
    await clock.advance(10)
    expect(b.inbox.texts).toEqual(['late'])
  })

  test('lets a freeze that is shorter than the heartbeat timeout pass', async () => {
    const { events } = await connected()
    network.freeze('b')
    await clock.advance(HEARTBEAT.heartbeatTimeout - 1)
    network.resume('b')
    await clock.advance(LONG)
    expect(events).toEqual(['up'])
  })

  test('connects nobody to a frozen host, whose kernel still accepts', async () => {
    network.freeze('b')
    const { events } = dialled(a, b.endpoint)
    const verdict = a.probe(b.endpoint, 100)
    await clock.advance(HEARTBEAT.heartbeatTimeout)
    expect(events).toEqual(['down: no handshake in time'])
    expect(await verdict).toBe('accepted')
  })

  test('breaks the connections to a killed host at once, drops what is under way and refuses the next', async () => {
    const watched = await connected()
    const data = await connected(unwatched)
    await data.outbound.send(text('lost'))
    network.kill('b')
    await clock.advance(0)
    expect(watched.events).toEqual(['up', 'down: connection lost'])
    const again = dialled(a, b.endpoint)
    const verdict = a.probe(b.endpoint, 100)
    await clock.advance(10)
    expect(again.events).toEqual(['down: could not connect'])
    expect(await verdict).toBe('refused')
    await clock.advance(LONG)
    expect(b.inbox.texts).toEqual([])
  })

  test('lets a killed host live again with the next transport on it, under another address', async () => {
    network.kill('b')
    const next = await listening(network.transport('b'), { schemes: ['mem'] })
    const old = dialled(a, b.endpoint)
    const { outbound } = dialled(a, next.endpoint)
    void outbound.send(text('hello'))
    await clock.advance(20)
    expect(next.inbox.texts).toEqual(['hello'])
    expect(old.events).toEqual(['down: could not connect'])
  })

  test('tells nothing to a killed host', async () => {
    const { events } = await connected()
    network.kill('a')
    await clock.advance(LONG)
    expect(events).toEqual(['up'])
    expect(() => dialled(a, b.endpoint)).toThrow(expect.objectContaining({ code: 'ERR_CLOSED' }))
  })

  test('breaks the present connections on a cut, losing what is under way, and allows the next', async () => {
    const first = await connected()
    await first.outbound.send(text('lost'))
    network.cut('b', 'a')
    const second = await connected()
    await second.outbound.send(text('kept'))
    await clock.advance(10)
    expect(first.events).toEqual(['up', 'down: connection lost'])
    expect(second.events).toEqual(['up'])
    expect(b.inbox.texts).toEqual(['kept'])
  })

  test('holds back everything in a partition; only the watched connection notices', async () => {
    const watched = await connected()
    const data = await connected(unwatched)
    await data.outbound.send(text('under way'))
    network.partition('b', 'a')
    await data.outbound.send(text('late'))
    const verdict = a.probe(b.endpoint, 100)
    await clock.advance(HEARTBEAT.heartbeatTimeout - 1)
    expect(watched.events).toEqual(['up'])
    expect(await verdict).toBe('unknown')
    await clock.advance(HEARTBEAT.heartbeatInterval + 1)
    expect(watched.events).toEqual(['up', 'down: connection lost'])
    expect(b.inbox.texts).toEqual([])
    network.heal('a', 'b')
    await clock.advance(10)
    expect(b.inbox.texts).toEqual(['under way', 'late'])
  })

  test('passes data against a one-way partition, but no heartbeats', async () => {
    const watched = await connected()
    const data = await connected(unwatched)
    network.partition('b', 'a', { oneWay: true })
    await data.outbound.send(text('passes'))
    await clock.advance(LONG)
    expect(b.inbox.texts).toEqual(['passes'])
    expect(watched.events).toEqual(['up', 'down: connection lost'])
    network.heal()
    network.partition('a', 'b', { oneWay: true })
    await data.outbound.send(text('held'))
    await clock.advance(LONG)
    expect(b.inbox.texts).toEqual(['passes'])
  })

  test('connects after all when a partition heals before the dial has timed out', async () => {
    network.partition('a', 'b')
    const { events } = dialled(a, b.endpoint)
    await clock.advance(HEARTBEAT.heartbeatTimeout - 20)
    network.heal()
    await clock.advance(20)
    expect(events).toEqual(['up'])
  })

  test('refuses new connections where it is told to, and keeps the present ones', async () => {
    const first = await connected()
    network.refuse('b', true)
    const second = await connected()
    network.refuse('b', false)
    const third = await connected()
    expect([first, second, third].map(({ events }) => events)).toEqual([
      ['up'],
      ['down: could not connect'],
      ['up'],
    ])
  })

  test('leaves a half-open connection without an answer', async () => {
    network.halfOpen('b', true)
    const watched = dialled(a, b.endpoint)
    const data = dialled(a, b.endpoint, unwatched)
    const { waiting } = await filled(data.outbound)
    const verdict = a.probe(b.endpoint, 100)
    await clock.advance(HEARTBEAT.heartbeatTimeout - 1)
    expect(watched.events).toEqual([])
    await clock.advance(LONG)
    expect(watched.events).toEqual(['down: no handshake in time'])
    expect(await verdict).toBe('accepted')
    data.outbound.close()
    await expect(waiting).rejects.toMatchObject({ code: 'ERR_CLOSED' })
  })

  test('settles a probe that is under way when its transport closes', async () => {
    network.partition('a', 'b')
    const verdict = a.probe(b.endpoint, LONG)
    await a.close()
    expect(await verdict).toBe('unknown')
  })

  test('leaves no alarm behind, whatever was under way when it closes', async () => {
    const { outbound } = await connected()
    await outbound.send(text('under way'))
    network.cut('a', 'b')
    dialled(a, b.endpoint)
    network.stall('b')
    network.resume('b')
    network.partition('a', 'b')
    void a.probe(b.endpoint, LONG)
    expect(clock.pending).toBeGreaterThan(0)
    await network.close()
    expect(clock.pending).toBe(0)
  })

  test('rejects a latency that makes no sense', () => {
    const make = () => new MemoryNetwork({ clock, seed: 1, latency: { min: 5, max: 1 } })
    expect(make).toThrow(expect.objectContaining({ code: 'ERR_INVALID_OPTION', option: 'latency' }))
  })
})
