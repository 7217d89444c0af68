import { describe, expect, test } from '@jest/globals'
import { sized } from '@skein/test-harness/size'
import fc from 'fast-check'
import { defaultFlow, type FlowOptions } from '../../src/options.js'
import { Session } from '../../src/peer/session.js'
import { readBatch } from '../../src/wire/batch.js'
import type { Frames } from '../../src/wire/frames.js'
import { NO_TOKEN } from '../../src/wire/header.js'
import { defaultLimits } from '../../src/wire/limits.js'
import { type Call, Kind, type Message } from '../../src/wire/message.js'
import { MsgpackCodec } from '../../src/wire/msgpack-codec.js'
import { expectSame } from '../support/same.js'

const codec = new MsgpackCodec()
const sessionWith = (flow: Partial<FlowOptions> = {}) => new Session(1, codec, { ...defaultFlow, ...flow })
const call = (...args: unknown[]): Call => ({
  kind: Kind.call,
  id: 1,
  service: 's',
  method: 'm',
  args,
  timeLeft: null,
})
/** Every message in a batch of its own. */
const single = { batchBytes: 1 }

function sendAll(session: Session): number[] {
  const seqs: number[] = []
  for (let next = session.next(); next !== undefined; next = session.next()) seqs.push(next.seq)
  return seqs
}

describe('A session, outwards', () => {
  test('gathers what is posted into one batch, until it is sent', () => {
    const session = sessionWith()
    const parcel = session.post(call(1), 'peer')
    expect(session.post(call(2), 'peer')).toBe(parcel)
    const sent = session.next()
    expect([sent?.seq, sent?.batch.messages]).toEqual([1, 2])
    expect(session.post(call(3), 'peer')).not.toBe(parcel)
    expect(session.next()?.seq).toBe(2)
  })

  test('begins another batch once one has batchBytes', () => {
    const session = sessionWith({ batchBytes: 1000 })
    const parcels = Array.from({ length: 4 }, () => session.post(call('x'.repeat(600)), 'peer'))
    expect(parcels.map((parcel) => parcels.indexOf(parcel))).toEqual([0, 0, 2, 2])
  })

  test('begins another batch once one has 64 attachments', () => {
    const session = sessionWith({ batchBytes: 1e9 })
    const attachment = new Uint8Array(4096)
    const parcels = Array.from({ length: 65 }, () => session.post(call(attachment), 'peer'))
    expect(parcels.map((parcel) => parcels.indexOf(parcel)).slice(-2)).toEqual([0, 64])
  })

  test('begins another batch once one has as many messages as any reader takes', () => {
    const session = sessionWith({ batchBytes: 1024 ** 2 })
    for (let i = 0; i < 10_000; i++) session.post({ kind: Kind.cancel, id: i, reason: '' }, 'peer')
    expect(session.next()?.batch.messages).toBe(8192)
  })

  test('takes back a message that has not left, and no other', () => {
    const session = sessionWith()
    const parcel = session.post(call('kept'), 'peer')
    session.post(call('taken back', new Uint8Array(5000)), 'peer')
    session.post(call('kept too'), 'peer')
    expect(parcel.withdraw(1)).toBe(true)
    const frames = session.next()?.batch.frames(NO_TOKEN, { seq: 1, ack: 0, admitted: 0 }) ?? []
    expect(readBatch(frames, codec, defaultLimits, 'peer')).toMatchObject({
      messages: [call('kept'), call('kept too')],
      unknown: 0,
    })
    expect(parcel.withdraw(0)).toBe(false)
  })

  test('can’t take anything back once it has taken leave', () => {
    const session = sessionWith()
    const parcel = session.post(call(), 'peer')
    session.commit()
    expect([parcel.sent, parcel.withdraw(0)]).toEqual([true, false])
    expect(session.next()?.seq).toBe(1)
  })

  test('holds and sends nothing once it is closed', () => {
    const session = sessionWith(single)
    for (let i = 0; i < 3; i++) session.post(call(i), 'peer')
    session.next()
    session.close()
    expect([session.next(), session.bytes, session.isEmpty, session.flying]).toEqual([undefined, 0, true, 0])
  })

  test('knows of a parcel whether it was ever handed to a connection', () => {
    const session = sessionWith()
    const parcel = session.post(call(), 'peer')
    expect(parcel.sent).toBe(false)
    session.next()
    expect(parcel.sent).toBe(true)
    session.resume(0)
    expect(parcel.sent).toBe(true)
  })

  describe('copies what is given away, into the memory of a copy', () => {
    const MIB = 1024 ** 2
    const reply = (value: unknown): Message => ({ kind: Kind.reply, id: 1, value })
    /** Sends what was posted; the memory of the attachment. */
    function send(session: Session): ArrayBufferLike | undefined {
      const next = session.next()
      return next?.batch.frames(NO_TOKEN, { seq: next.seq, ack: 0, admitted: 0 })[1]?.buffer
    }

    test('that the peer has taken', () => {
      const session = sessionWith()
      session.post(reply(new Uint8Array(MIB)), 'peer')
      const first = send(session)
      session.post(reply(new Uint8Array(MIB)), 'peer')
      const second = send(session)
      expect(second).not.toBe(first)
      session.acknowledge(1)
      session.post(reply(new Uint8Array(MIB)), 'peer')
      expect(send(session)).toBe(first)
    })

    test('but not of one that has left twice: the first connection may still be reading it', () => {
      const session = sessionWith()
      session.post(reply(new Uint8Array(MIB)), 'peer')
      const first = send(session)
      session.resume(0)
      expect(send(session)).toBe(first)
      session.acknowledge(1)
      session.post(reply(new Uint8Array(MIB)), 'peer')
      expect(send(session)).not.toBe(first)
    })

    test('and never into what was not copied', () => {
      const session = sessionWith()
      const argument = new Uint8Array(MIB)
      session.post(call(argument), 'peer')
      expect(send(session)).toBe(argument.buffer)
      session.acknowledge(1)
      session.post(reply(new Uint8Array(MIB)), 'peer')
      expect(send(session)).not.toBe(argument.buffer)
    })
  })

  test('keeps what is sent until it is acknowledged', () => {
    const session = sessionWith(single)
    for (let i = 0; i < 3; i++) session.post(call(i), 'peer')
    const { bytes } = session
    expect(sendAll(session)).toEqual([1, 2, 3])
    expect([session.bytes, session.flying, session.isEmpty]).toEqual([bytes, bytes, false])
    expect(session.acknowledge(2)).toBe(true)
    expect([session.acked, session.bytes, session.flying]).toEqual([2, bytes / 3, bytes / 3])
    expect(session.acknowledge(3)).toBe(true)
    expect([session.bytes, session.flying, session.isEmpty]).toEqual([0, 0, true])
  })

  test('takes an acknowledgement that was overtaken for nothing', () => {
    const session = sessionWith(single)
    for (let i = 0; i < 3; i++) session.post(call(i), 'peer')
    sendAll(session)
    session.acknowledge(3)
    expect(session.acknowledge(1)).toBe(true)
    expect(session.acked).toBe(3)
  })

  test('refuses the acknowledgement of what was never sent', () => {
    const session = sessionWith(single)
    expect(session.acknowledge(1)).toBe(false)
    session.post(call(), 'peer')
    expect(session.acknowledge(1)).toBe(false)
    expect(session.resume(1)).toBe(false)
    session.next()
    expect(session.acknowledge(2)).toBe(false)
  })

  test('sends no more than the window allows, until acknowledgements open it', () => {
    const session = sessionWith({ ...single, windowBytes: 250 })
    for (let i = 0; i < 10; i++) session.post(call(i), 'peer')
    const first = sendAll(session)
    expect(session.flying).toBeLessThanOrEqual(250)
    expect(first.length).toBeLessThan(10)
    session.acknowledge(1)
    session.admit(1)
    expect(sendAll(session)).toEqual([first.length + 1])
  })

  test('sends requests no further than the peer starts them, in bytes and messages', () => {
    for (const bounds of [{ windowBytes: 250 }, { windowMessages: 3 }]) {
      const session = sessionWith({ ...single, ...bounds })
      for (let i = 0; i < 10; i++) session.post(call(i), 'peer')
      const first = sendAll(session)
      expect(first.length).toBeLessThan(6)
      session.acknowledge(first.length)
      expect(sendAll(session)).toEqual([])
      expect(session.admit(2)).toBe(true)
      expect(sendAll(session)).toEqual([first.length + 1, first.length + 2])
    }
  })

  test('lets answers pass the requests that the peer has no room for', () => {
    const session = sessionWith({ ...single, windowMessages: 1 })
    const answer = { kind: Kind.reply, id: 1, value: 1 } as const
    session.post(call(1), 'peer')
    session.post(call(2), 'peer')
    session.post(answer, 'peer')
    const read = () => {
      const next = session.next()
      const numbers = { seq: next?.seq ?? 0, ack: 0, admitted: 0 }
      return readBatch(next?.batch.frames(NO_TOKEN, numbers) ?? [], codec, defaultLimits, 'peer')
    }
    expect([read(), read()]).toMatchObject([
      { seq: 1, messages: [call(1)] },
      { seq: 2, messages: [answer] },
    ])
    expect(session.next()).toBeUndefined()
    session.admit(1)
    expect(read()).toMatchObject({ seq: 3, messages: [call(2)] })
  })

  test('keeps the order in which requests and answers were begun as long as there is room', () => {
    const session = sessionWith(single)
    const answer = { kind: Kind.reply, id: 1, value: 1 } as const
    for (const message of [answer, call(1), answer]) session.post(message, 'peer')
    const kinds: unknown[] = []
    for (let next = session.next(); next !== undefined; next = session.next()) {
      const frames = next.batch.frames(NO_TOKEN, { seq: next.seq, ack: 0, admitted: 0 })
      kinds.push(readBatch(frames, codec, defaultLimits, 'peer').messages[0]?.kind)
    }
    expect(kinds).toEqual([Kind.reply, Kind.call, Kind.reply])
  })

  test('bounds its answers apart from its requests', () => {
    const session = sessionWith({ outboxBytes: 200 })
    session.post(call('x'.repeat(300)), 'peer')
    expect([session.hasRoom, session.hasRoomForAnswers]).toEqual([false, true])
    session.post({ kind: Kind.reply, id: 1, value: 'x'.repeat(300) }, 'peer')
    expect(session.hasRoomForAnswers).toBe(false)
    sendAll(session)
    session.acknowledge(2)
    expect(session.hasRoomForAnswers).toBe(true)
  })

  test('sends one batch that is larger than the window, alone', () => {
    const session = sessionWith({ ...single, windowBytes: 100 })
    session.post(call('x'.repeat(500)), 'peer')
    session.post(call(), 'peer')
    expect(sendAll(session)).toEqual([1])
    session.acknowledge(1)
    session.admit(1)
    expect(sendAll(session)).toEqual([2])
  })

  test('has room until outboxBytes or outboxMessages are posted and not acknowledged', () => {
    const few = sessionWith({ outboxMessages: 2 })
    few.post(call(), 'peer')
    expect(few.hasRoom).toBe(true)
    few.post(call(), 'peer')
    expect(few.hasRoom).toBe(false)
    few.next()
    few.acknowledge(1)
    expect(few.hasRoom).toBe(true)

    const small = sessionWith({ outboxBytes: 100 })
    small.post(call('x'.repeat(100)), 'peer')
    expect(small.hasRoom).toBe(false)
  })

  test('has room for one message while it is empty, however small its bounds', () => {
    const session = sessionWith({ outboxBytes: 0, outboxMessages: 0 })
    expect(session.hasRoom).toBe(true)
    session.post(call(), 'peer')
    expect(session.hasRoom).toBe(false)
  })

  test('is as before when a message can not be encoded', () => {
    const session = sessionWith()
    expect(() => session.post(call(Symbol('none')), 'peer')).toThrow(
      expect.objectContaining({ code: 'ERR_NOT_SERIALISABLE' }),
    )
    expect([session.isEmpty, session.bytes, session.next()]).toEqual([true, 0, undefined])
    session.post(call(), 'peer')
    expect(session.next()?.seq).toBe(1)
  })

  test('sends again, under the same numbers, what the peer has not taken when it resumes', () => {
    const session = sessionWith(single)
    for (let i = 0; i < 4; i++) session.post(call(i), 'peer')
    sendAll(session)
    expect(session.resume(2)).toBe(true)
    expect([session.sent, session.flying]).toEqual([2, 0])
    expect(sendAll(session)).toEqual([3, 4])
  })

  test('can be renumbered only before anything was sent or taken in it', () => {
    const fresh = sessionWith()
    fresh.post(call(), 'peer')
    expect(fresh.renumber(5)).toBe(true)
    expect(fresh.generation).toBe(5)

    const sent = sessionWith()
    sent.post(call(), 'peer')
    sent.next()
    expect(sent.renumber(5)).toBe(false)
    sent.acknowledge(1)
    expect(sent.renumber(5)).toBe(false)

    const taken = sessionWith()
    taken.take(1)
    expect(taken.renumber(5)).toBe(false)
    expect([sent.generation, taken.generation]).toEqual([1, 1])
  })
})

describe('A session, inwards', () => {
  test('takes each number once, in order, and leaves no gap', () => {
    const session = sessionWith()
    expect([1, 2, 2, 1, 4, 3, 4].map((seq) => session.take(seq))).toEqual([
      'new',
      'new',
      'duplicate',
      'duplicate',
      'gap',
      'new',
      'new',
    ])
    expect(session.taken).toBe(4)
  })

  test('has admitted all that it has taken, but for what is held', () => {
    const session = sessionWith()
    for (const seq of [1, 2, 3]) session.take(seq)
    expect(session.admitted).toBe(3)
    session.hold(2)
    expect([session.admitted, session.taken]).toEqual([1, 3])
    session.hold(undefined)
    expect(session.admitted).toBe(3)
  })
})

interface End {
  readonly session: Session
  /** What this end has sent and the other has not received. */
  wire: Frames[]
  posted: number
  readonly received: unknown[]
}

/** Two sessions and a connection between them, which keeps its order, and loses what is under way when it is cut. */
class Exchange {
  readonly ends: readonly [End, End]

  constructor(flow: Partial<FlowOptions>) {
    const end = (): End => ({ session: sessionWith(flow), wire: [], posted: 0, received: [] })
    this.ends = [end(), end()]
  }

  post(from: End): void {
    from.posted += 1
    from.session.post(call(from.posted, 'x'.repeat(from.posted % 50)), 'peer')
  }

  send(from: End): void {
    const next = from.session.next()
    if (next !== undefined)
      from.wire.push(
        next.batch.frames(NO_TOKEN, { seq: next.seq, ack: from.session.taken, admitted: from.session.taken }),
      )
  }

  arrive(from: End): void {
    const frames = from.wire.shift()
    if (frames !== undefined) this.#receive(this.#other(from), frames)
  }

  /** The peer learns of what was taken without a batch, as by a beat. */
  acknowledge(from: End): void {
    expectSame(this.#other(from).session.acknowledge(from.session.taken), true)
    this.#other(from).session.admit(from.session.admitted)
  }

  cut(): void {
    for (const end of this.ends) end.wire = []
    for (const end of this.ends) expectSame(end.session.resume(this.#other(end).session.taken), true)
  }

  finish(): void {
    for (let rounds = 0; !this.ends.every(({ session }) => session.isEmpty); rounds++) {
      expectSame(rounds < 1000, true)
      for (const end of this.ends) {
        this.send(end)
        this.arrive(end)
        this.acknowledge(end)
      }
    }
  }

  #receive(end: End, frames: Frames): void {
    const { seq, ack, messages } = readBatch(frames, codec, defaultLimits, 'peer')
    expectSame([end.session.acknowledge(ack), end.session.take(seq)], [true, 'new'])
    for (const message of messages) if (message.kind === Kind.call) end.received.push(message.args[0])
  }

  #other(end: End): End {
    const [a, b] = this.ends
    return end === a ? b : a
  }
}

describe('Two sessions', () => {
  test('give every message exactly once and in order, whatever is cut between them', () => {
    const move = fc.constantFrom<'post' | 'send' | 'arrive' | 'acknowledge' | 'cut'>(
      'post',
      'post',
      'send',
      'send',
      'arrive',
      'arrive',
      'acknowledge',
      'cut',
    )
    const flow = fc.record({ windowBytes: fc.nat(500), batchBytes: fc.nat(300) })
    fc.assert(
      fc.property(
        flow,
        fc.array(fc.tuple(move, fc.constantFrom<0 | 1>(0, 1)), { maxLength: 100, size: 'max' }),
        (bounds, moves) => {
          const exchange = new Exchange(bounds)
          for (const [name, at] of moves) exchange[name](exchange.ends[at])
          exchange.finish()
          const [a, b] = exchange.ends
          const upTo = (n: number) => Array.from({ length: n }, (_, i) => i + 1)
          expectSame([a.received, b.received], [upTo(b.posted), upTo(a.posted)])
          expectSame([a.session.bytes, b.session.flying], [0, 0])
        },
      ),
      { numRuns: sized(100, 500) },
    )
  })
})
