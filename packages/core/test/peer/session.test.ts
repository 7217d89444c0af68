import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { defaultFlow, type FlowOptions } from '../../src/options.js'
import { Session } from '../../src/peer/session.js'
import { readBatch } from '../../src/wire/batch.js'
import type { Frames } from '../../src/wire/frames.js'
import { NO_TOKEN } from '../../src/wire/header.js'
import { defaultLimits } from '../../src/wire/limits.js'
import { type Call, Kind } from '../../src/wire/message.js'
import { MsgpackCodec } from '../../src/wire/msgpack-codec.js'

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
    expect(session.post(call(3), 'peer').seq).toBe(2)
  })

  test('begins another batch once one has batchBytes', () => {
    const session = sessionWith({ batchBytes: 1000 })
    const seqs = Array.from({ length: 4 }, () => session.post(call('x'.repeat(600)), 'peer').seq)
    expect(seqs).toEqual([1, 1, 2, 2])
  })

  test('begins another batch once one has 64 attachments', () => {
    const session = sessionWith({ batchBytes: 1e9 })
    const attachment = new Uint8Array(4096)
    const seqs = Array.from({ length: 65 }, () => session.post(call(attachment), 'peer').seq)
    expect(seqs.slice(-2)).toEqual([1, 2])
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
    expect(sendAll(session)).toEqual([first.length + 1])
  })

  test('sends one batch that is larger than the window, alone', () => {
    const session = sessionWith({ ...single, windowBytes: 100 })
    session.post(call('x'.repeat(500)), 'peer')
    session.post(call(), 'peer')
    expect(sendAll(session)).toEqual([1])
    session.acknowledge(1)
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
    expect(session.post(call(), 'peer').seq).toBe(1)
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
    if (next !== undefined) from.wire.push(next.batch.frames(NO_TOKEN, next.seq, from.session.taken))
  }

  arrive(from: End): void {
    const frames = from.wire.shift()
    if (frames !== undefined) this.#receive(this.#other(from), frames)
  }

  /** The peer learns of what was taken without a batch, as by a beat. */
  acknowledge(from: End): void {
    expect(this.#other(from).session.acknowledge(from.session.taken)).toBe(true)
  }

  cut(): void {
    for (const end of this.ends) end.wire = []
    for (const end of this.ends) expect(end.session.resume(this.#other(end).session.taken)).toBe(true)
  }

  finish(): void {
    for (let rounds = 0; !this.ends.every(({ session }) => session.isEmpty); rounds++) {
      expect(rounds).toBeLessThan(1000)
      for (const end of this.ends) {
        this.send(end)
        this.arrive(end)
        this.acknowledge(end)
      }
    }
  }

  #receive(end: End, frames: Frames): void {
    const { seq, ack, messages } = readBatch(frames, codec, defaultLimits, 'peer')
    expect(end.session.acknowledge(ack)).toBe(true)
    expect(end.session.take(seq)).toBe('new')
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
          expect(b.received).toEqual(Array.from({ length: a.posted }, (_, i) => i + 1))
          expect(a.received).toEqual(Array.from({ length: b.posted }, (_, i) => i + 1))
          expect([a.session.bytes, b.session.flying]).toEqual([0, 0])
        },
      ),
      { numRuns: 500 },
    )
  })
})
