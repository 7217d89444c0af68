import { describe, expect, test } from '@jest/globals'
import { Outbox, type RoomWaiter } from '../../src/link/outbox.js'
import { Recipients } from '../../src/link/recipients.js'
import { defaultFlow, type FlowOptions } from '../../src/options.js'
import { Session } from '../../src/peer/session.js'
import { type Call, type Heart, Kind } from '../../src/wire/message.js'
import { MsgpackCodec } from '../../src/wire/msgpack-codec.js'

const message = (n: number): Heart => ({ kind: Kind.heart, n })

const call: Call = { kind: Kind.call, id: 1, service: 'disk', method: 'write', args: [], timeLeft: null }

/** Room for two messages, each in a batch of its own. */
const SMALL: FlowOptions = { ...defaultFlow, outboxMessages: 2, batchBytes: 1 }

function boxed(flow: FlowOptions = SMALL, recipients = new Recipients()) {
  const session = new Session(1, new MsgpackCodec(), flow)
  const deferred: (() => void)[] = []
  let flushes = 0
  const outbox = new Outbox(
    session,
    recipients,
    (fn) => deferred.push(fn),
    () => {
      flushes += 1
      while (session.next() !== undefined);
    },
  )
  const log: string[] = []
  const waiter = (name: string): RoomWaiter => ({
    post: () => {
      log.push(name)
      outbox.post(message(0), 'peer')
    },
    lost: () => log.push(`${name} lost`),
  })
  return {
    session,
    outbox,
    log,
    waiter,
    flushes: () => flushes,
    endTurn: () => {
      for (const fn of deferred.splice(0)) fn()
    },
    acknowledge: (seq: number) => {
      session.acknowledge(seq)
      outbox.acknowledged()
    },
  }
}

describe('An outbox', () => {
  test('sends what was posted in one turn together, when the turn ends', () => {
    const { outbox, session, flushes, endTurn } = boxed()
    outbox.post(message(1), 'peer')
    outbox.post(message(2), 'peer')
    expect([flushes(), session.sent]).toEqual([0, 0])
    endTurn()
    expect([flushes(), session.sent]).toEqual([1, 2])
    outbox.post(message(3), 'peer')
    endTurn()
    expect(flushes()).toBe(2)
  })

  test('sends a part in the midst of a turn: the first to an idle peer, and then each that is larger', () => {
    const { outbox, session, flushes, endTurn } = boxed(defaultFlow)
    for (let n = 1; n <= 31; n++) outbox.post(message(n), 'peer')
    expect(flushes()).toBe(0)
    outbox.post(message(32), 'peer')
    expect([flushes(), session.sent]).toEqual([1, 1])
    for (let n = 33; n < 32 + 128; n++) outbox.post(message(n), 'peer')
    expect([flushes(), session.sent]).toEqual([1, 1])
    outbox.post(message(160), 'peer')
    expect([flushes(), session.sent]).toEqual([2, 2])
    outbox.post(message(161), 'peer')
    endTurn()
    expect([flushes(), session.sent]).toEqual([3, 3])
  })

  test('sends larger parts where other peers get large ones too', () => {
    const recipients = new Recipients()
    const [one, other] = [boxed(defaultFlow, recipients), boxed(defaultFlow, recipients)]
    for (let n = 1; n <= 32; n++) one.outbox.post(call, 'peer')
    expect(one.flushes()).toBe(1) // nobody else has had any yet
    for (const { outbox, flushes } of [other, one]) {
      const before = flushes()
      for (let n = 1; n <= 255; n++) outbox.post(call, 'peer')
      expect(flushes()).toBe(before)
      outbox.post(call, 'peer')
      expect(flushes()).toBe(before + 1)
    }
  })

  test('sends as many answers together as there were questions', () => {
    const { outbox, flushes } = boxed(defaultFlow)
    outbox.cork(200)
    outbox.uncork()
    outbox.cork(0) // something else has come since
    for (let n = 1; n <= 199; n++) outbox.post(message(n), 'peer')
    expect(flushes()).toBe(0)
    outbox.post(message(200), 'peer')
    expect(flushes()).toBe(1)
  })

  test('sends what has many bytes in the midst of a turn', () => {
    const { outbox, flushes } = boxed(defaultFlow)
    const large: Call = { ...call, args: [new Uint8Array(65_536)] }
    outbox.post(large, 'peer')
    expect(flushes()).toBe(1)
  })

  test('that is corked sends when it is uncorked, and nothing is left for the end of the turn', () => {
    const { outbox, session, flushes, endTurn } = boxed()
    outbox.cork(1)
    outbox.post(message(1), 'peer')
    outbox.post(message(2), 'peer')
    endTurn()
    expect(flushes()).toBe(0)
    outbox.uncork()
    expect([flushes(), session.sent]).toEqual([1, 2])
    endTurn()
    expect(flushes()).toBe(1)
    outbox.post(message(3), 'peer')
    endTurn()
    expect([flushes(), session.sent]).toEqual([2, 3])
  })

  test('that is uncorked sends what was posted before, too, and does nothing if nothing was', () => {
    const { outbox, session, flushes } = boxed()
    outbox.post(message(1), 'peer')
    outbox.cork(1)
    outbox.uncork()
    expect([flushes(), session.sent]).toEqual([1, 1])
    outbox.cork(1)
    outbox.uncork()
    expect(flushes()).toBe(1)
  })

  test('lets those who wait post in the order of asking, each when there is room', () => {
    const { outbox, log, waiter, endTurn, acknowledge } = boxed()
    outbox.post(message(1), 'peer')
    outbox.post(message(2), 'peer')
    endTurn()
    expect(outbox.hasRoom).toBe(false)
    for (const name of ['a', 'b', 'c']) outbox.whenRoom(waiter(name))
    acknowledge(1)
    expect(log).toEqual(['a'])
    endTurn()
    acknowledge(3)
    expect(log).toEqual(['a', 'b', 'c'])
  })

  test('has no room for a newcomer while others wait', () => {
    const { outbox, session, waiter } = boxed()
    outbox.whenRoom(waiter('a'))
    expect([session.hasRoom, outbox.hasRoom]).toEqual([true, false])
  })

  test('gives the turn of a waiter that has nothing to post any more to the next', () => {
    const { outbox, log, waiter, endTurn, acknowledge } = boxed()
    outbox.post(message(1), 'peer')
    outbox.post(message(2), 'peer')
    endTurn()
    outbox.whenRoom({ post() {}, lost() {} })
    outbox.whenRoom(waiter('b'))
    acknowledge(1)
    expect(log).toEqual(['b'])
  })

  test('is drained when everything posted is acknowledged, and what waited was posted and is too', async () => {
    const { outbox, log, waiter, endTurn, acknowledge } = boxed()
    await outbox.drained()
    outbox.post(message(1), 'peer')
    outbox.post(message(2), 'peer')
    outbox.whenRoom(waiter('a'))
    void outbox.drained().then(() => log.push('drained'))
    endTurn()
    acknowledge(2)
    endTurn()
    await Promise.resolve()
    expect(log).toEqual(['a'])
    acknowledge(3)
    await Promise.resolve()
    expect(log).toEqual(['a', 'drained'])
  })

  test('tells those who wait that the link has ended, and holds nobody up', async () => {
    const { outbox, log, waiter } = boxed()
    outbox.post(message(1), 'peer')
    outbox.whenRoom(waiter('a'))
    outbox.whenRoom(waiter('b'))
    const drained = outbox.drained()
    outbox.close()
    await drained
    expect(log).toEqual(['a lost', 'b lost'])
    outbox.close()
    expect(log).toHaveLength(2)
  })
})
