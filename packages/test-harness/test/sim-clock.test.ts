import { describe, expect, test } from '@jest/globals'
import { MemoryNetwork, TurnedClock } from '@skein/core/internal'
import { StallableClock } from '../src/sim/stallable-clock.js'
import { stallable } from '../src/sim/stallable-transport.js'

describe('A stallable clock', () => {
  test('fires what falls due in a stall when that is over, in its order, and each in a turn of its own', async () => {
    const { shared, clock, log, note } = begin()
    clock.after(30, () => note('third'))
    clock.after(10, () => {
      note('first')
      void Promise.resolve().then(() => note('its promise'))
    })
    clock.after(20, () => note('second'))
    clock.stall(100)
    await shared.advance(99)
    expect(log).toEqual([])
    await shared.advance(1)
    expect(log).toEqual(['100 first', '100 its promise', '100 second', '100 third'])
    clock.after(5, () => note('later'))
    await shared.advance(5)
    expect(log.at(-1)).toBe('105 later')
    expect(shared.pending).toBe(0)
  })

  test('does not fire what is cancelled while it waits', async () => {
    const { shared, clock, log, note } = begin()
    const second = clock.after(20, () => note('second'))
    clock.after(10, () => second.cancel())
    clock.stall(100)
    await shared.advance(200)
    expect(log).toEqual([])
  })

  test('is stalled until the last of its stalls is over', async () => {
    const { shared, clock, log, note } = begin()
    clock.stall(100)
    await shared.advance(50)
    clock.stall(20)
    clock.whenFree(() => note('free'))
    await shared.advance(49)
    clock.stall(100)
    await shared.advance(100)
    expect([log, clock.stalled]).toEqual([['199 free'], false])
  })

  test('runs fast or slow from when it is told to', async () => {
    const { shared, clock, log, note } = begin()
    await shared.advance(1000)
    clock.drift(1.25)
    clock.after(1000, () => note('after a second of its own'))
    await shared.advance(1000)
    expect([clock.now(), log]).toEqual([2250, ['1800 after a second of its own']])
    clock.drift(1)
    await shared.advance(1000)
    expect(clock.now()).toBe(3250)
  })

  test('fires no alarm before its instant, by however little', async () => {
    const { shared, clock } = begin()
    let early = 0
    for (let i = 1; i <= 1000; i++) {
      clock.drift(1 + (i - 500) / 50_000)
      const due = clock.now() + i / 7
      clock.after(due - clock.now(), () => {
        if (clock.now() < due - 1e-9) early += 1
      })
      await shared.advance(i / 3)
    }
    expect(early).toBe(0)
  })

  test('leaves no alarm when it is stopped', async () => {
    const { shared, clock, log, note } = begin()
    clock.after(10, () => note('late'))
    clock.after(1000, () => note('never'))
    clock.stall(100)
    await shared.advance(50)
    clock.stop()
    clock.after(1, () => note('too late'))
    await shared.advance(2000)
    expect([log, shared.pending]).toEqual([[], 0])
  })
})

test('What a runtime posts in the turn that blocks its loop leaves when that turn is over', async () => {
  const { shared, clock, log, note } = begin()
  const network = new MemoryNetwork({ clock: shared, seed: 1, latency: { min: 1, max: 1 } })
  const listen = { schemes: ['mem'], instance: 'b', host: '', frameBytes: 1000 } as const
  await network.transport('b').listen(
    { ...listen, port: undefined },
    {
      batch: () => note('arrives'),
      settled() {},
    },
  )
  const dialled = { watch: true, heartbeatInterval: 500, heartbeatTimeout: 1500 }
  const transport = stallable(network.transport('a'), { clock, holders: new Map() })
  const outbound = transport.dial('mem://b', dialled, { up: () => note('up'), down: () => {} })
  await shared.advance(10)
  clock.stall(100)
  const sent = outbound.send([new Uint8Array(1)])
  await shared.advance(100)
  await sent
  await shared.advance(10)
  expect(log).toEqual(['2 up', '111 arrives'])
  await network.close()
})

function begin() {
  const shared = new TurnedClock()
  const log: string[] = []
  return {
    shared,
    clock: new StallableClock(shared),
    log,
    note: (what: string) => void log.push(`${shared.now()} ${what}`),
  }
}
