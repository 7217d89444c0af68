import { describe, expect, test } from '@jest/globals'
import { refusalOf } from '../../src/link/greetings.js'
import { Link } from '../../src/link/link.js'
import { OpenBatch, readBatch } from '../../src/wire/batch.js'
import type { Frames } from '../../src/wire/frames.js'
import { Kind, type Message } from '../../src/wire/message.js'
import { entryOf } from '../peer/entries.js'
import type { FakeOutbound } from './fakes.js'
import { turn } from './fakes.js'
import { hand, peer } from './hand.js'
import { hostOf, parts } from './parts.js'

const OURS = new Uint8Array(16).fill(1)
const call = (id: number): Message => ({
  kind: Kind.call,
  id,
  service: 's',
  method: 'm',
  args: [],
  timeLeft: null,
})

/** A link that has answered a hand, on a connection that stands. */
async function opened() {
  const { clock, transport, parts: given } = parts()
  const host = hostOf(given)
  const link = new Link(host, { entry: peer })
  link.onHand(hand)
  await clock.advance(0)
  transport.latest().on.up()
  const data = transport.latest()
  await data.left() // the shake
  const read = (frames: Frames) => readBatch(frames, given.codec, given.limits, 'self')
  return { clock, transport, given, host, link, data, read }
}

type Opened = Awaited<ReturnType<typeof opened>>

/** A batch of the peer's. */
function batch({ given }: Opened, seq: number, ...messages: Message[]): Frames {
  const open = new OpenBatch(given.codec)
  for (const message of messages) open.append(message, 'self')
  return open.seal().frames(OURS, { seq, ack: 0, admitted: 0 })
}

/** What leaves on the data connection from now on: the numbers of the batches, and how many messages are in each. */
async function leaving({ read }: Opened, data: FakeOutbound): Promise<[number, number][]> {
  const before = data.sent.length
  while (data.isSending) await data.left()
  return data.sent.slice(before).map((frames) => {
    const { seq, messages } = read(frames)
    return [seq, messages.length]
  })
}

describe('A link', () => {
  test('answers a batch with one, which leaves before the turn ends', async () => {
    const all = await opened()
    const { link, data, host } = all
    host.on.received = () => link.post(call(7))
    link.onBatch(batch(all, 1, call(1), call(2)))
    expect(all.read(data.sent.at(-1) ?? [])).toMatchObject({ seq: 1, ack: 1, messages: [{}, {}] })
    link.destroy()
  })

  test('is judged lost by what the peer has said until then, settled or not', async () => {
    const all = await opened()
    const { clock, link, transport } = all
    link.onBatch(batch(all, 0))
    await clock.advance(1000)
    link.onBatch(batch(all, 1, call(1)))
    transport.open.find(({ options }) => options.watch)?.on.down('lost')
    expect(link.state).toMatchObject({ kind: 'suspect', heard: clock.now() })
    link.destroy()
  })

  test('sends what is posted although what a batch was for has thrown', async () => {
    const all = await opened()
    const { link, data, host } = all
    host.on.answered = () => {
      throw new Error('a mistake of ours')
    }
    const beat: Message = { kind: Kind.beat, n: 1, lag: 0, running: 0, queued: 0, sent: 0, taken: 0 }
    expect(() => link.onBatch(batch(all, 1, beat))).toThrow('a mistake of ours')
    link.post(call(1))
    await turn()
    expect(all.read(data.sent.at(-1) ?? [])).toMatchObject({ seq: 1, ack: 1, messages: [{ id: 1 }] })
    link.destroy()
  })
})

describe('A link that is over', () => {
  test('sends nothing any more but an acknowledgement, where the peer has said farewell', async () => {
    const all = await opened()
    const { link, data, host } = all
    link.onBatch(batch(all, 1, call(1)))
    link.post(call(2))
    await turn()
    link.post(call(3)) // while the first is under way
    await turn()
    link.farewell('stopped')
    await turn()
    expect(await leaving(all, data)).toEqual([[0, 0]])
    expect(host.told.slice(-2)).toEqual(['lingers', 'left'])
    await all.clock.advance(all.given.settings.farewellTimeout)
    expect([host.told.at(-1), all.clock.pending, data.isClosed]).toEqual(['destroyed', 0, true])
  })

  test('sends what was posted before a farewell of our own', async () => {
    const all = await opened()
    const { link, data } = all
    link.post(call(1))
    await turn()
    link.leave('disconnected')
    await turn()
    expect(await leaving(all, data)).toEqual([[2, 1]])
    link.destroy()
  })

  test('is one to a peer that sends a request without a number: it could be lost, or run twice', async () => {
    const all = await opened()
    const { link, host } = all
    link.onBatch(batch(all, 0, call(1)))
    expect(host.told).toContain('dead')
    expect(host.told).not.toContain(`received ${Kind.call}`)
    expect(Object.fromEntries(host.drops)).toMatchObject({ protocol: 1 })
    await turn()
    link.destroy()
  })

  test('sends nothing but the reason to a peer that broke the protocol', async () => {
    const all = await opened()
    const { link, data, host, transport } = all
    link.post(call(1))
    await turn()
    link.post(call(2))
    await turn()
    link.onBatch([Buffer.from('not a batch at all, and too short for a token')])
    expect(host.told).toContain('dead')
    await turn()
    expect(await leaving(all, data)).toEqual([[0, 0]])
    const control = transport.open.find(({ options }) => options.watch)
    expect(control?.sent.map((frames) => all.read(frames).messages[0])).toEqual([
      expect.objectContaining({ kind: Kind.disconnect, uid: 'peer' }),
    ])
    link.destroy()
  })

  test('takes no message that comes behind its end', async () => {
    const all = await opened()
    const { link, host } = all
    host.on.received = (_, message) => {
      host.told.push(`received ${message.kind}`)
      link.farewell('that will do')
    }
    link.onBatch(batch(all, 1, call(1), call(2)))
    expect(host.told.filter((told) => told.startsWith('received'))).toEqual([`received ${Kind.call}`])
    link.destroy()
  })

  test('is not ended once more by a proof that comes after it was destroyed', async () => {
    const { clock, transport, parts: given } = parts()
    const host = hostOf(given)
    const link = new Link(host, { entry: peer })
    transport.verdicts.set('tcp://127.0.0.1:3000', 'refused')
    link.open()
    await clock.advance(0)
    transport.latest().on.down('refused')
    link.destroy()
    await turn()
    expect([host.told, clock.pending]).toEqual([['destroyed'], 0])
  })
})

describe('A link', () => {
  test('blames itself, and not the peer, for what fails on this side', async () => {
    const all = await opened()
    const { link, host } = all
    let received = 0
    host.on.received = () => {
      received += 1
      throw new TypeError('a mistake of ours')
    }
    link.onBatch(batch(all, 1, call(1), call(2)))
    expect([received, Object.fromEntries(host.drops), link.isOver]).toEqual([2, {}, false])
    link.destroy()
  })

  test('ends its session, and tells of it, where a batch can not be read for a reason of our own', async () => {
    const all = await opened()
    const { link, host, given, transport } = all
    const frames = batch(all, 1, call(1))
    given.codec.decode = () => {
      throw new TypeError('a mistake of ours')
    }
    link.onBatch(frames)
    expect(Object.fromEntries(host.drops)).toEqual({})
    expect(link.state).toMatchObject({ kind: 'dead', reason: 'session-ended' })
    const control = transport.open.find(({ options }) => options.watch)
    await control?.left() // the heart
    expect(control?.sent.map((sent) => sent[0]?.includes(Kind.disconnect))).toHaveLength(2)
    link.destroy()
  })

  test('tells of every handshake that is complete, also of one that changes nothing else', async () => {
    const all = await opened()
    const { clock, link, host, transport } = all
    const shaken = () => host.told.filter((told) => told === 'shaken').length
    link.onBatch(batch(all, 0))
    expect(shaken()).toBe(1)
    link.restart()
    link.onHand({ ...hand, attempt: 2 })
    await clock.advance(0)
    transport.latest().on.up()
    expect([link.state.kind, link.isShaken]).toEqual(['alive', false])
    link.onBatch(batch(all, 0))
    expect(shaken()).toBe(2)
    link.destroy()
  })

  test.each(['suspect', 'unreachable', 'stalled'])(
    'to a peer that is %s asks whose port it is before it says anything there',
    async (kind) => {
      const all = await opened()
      const { clock, link, transport, given } = all
      link.onBatch(batch(all, 0))
      if (kind === 'stalled') {
        await clock.advance(given.settings.liveness.stalledAfter)
        link.tick()
        link.restart()
      } else {
        transport.open.find(({ options }) => options.watch)?.on.down('lost')
        if (kind === 'unreachable') link.testified('reached')
      }
      transport.verdicts.set('tcp://127.0.0.1:3000', 'refused') // by the one who listens there now
      await clock.advance(0)
      const again = transport.latest()
      expect([link.state.kind, again.options.watch]).toEqual([kind, true])
      again.on.up()
      await turn()
      expect([again.isClosed, transport.latest() === again]).toEqual([true, true])
      expect(link.lastFailure).toContain('somebody else answers there')
      link.destroy()
    },
  )

  test('to a peer that was lost is not ended by the refusal of another, who has its port by now', async () => {
    const all = await opened()
    const { clock, link, transport } = all
    link.onBatch(batch(all, 0))
    transport.open.find(({ options }) => options.watch)?.on.down('lost')
    await clock.advance(0)
    transport.latest().on.up() // nobody has said whose port it is
    await turn()
    await clock.advance(0)
    expect([link.state.kind, transport.latest().options.watch]).toEqual(['stalled', false])
    const refused = { code: 'ERR_NO_SUCH_PEER', message: 'at this address answers another, not peer' }
    transport.verdicts.set('tcp://127.0.0.1:3000', 'refused')
    link.onRefusal(refusalOf(hand, entryOf('another'), refused))
    await clock.advance(0)
    const again = transport.latest()
    again.on.up()
    await turn()
    expect([link.refusal, again.isClosed]).toEqual([null, true])
    expect(link.state).toMatchObject({ kind: 'dead', reason: 'crashed' }) // its own host has said so
  })

  test('gives the rest of a connection nothing: its secrets hold until it is lost or over, not longer', async () => {
    const all = await opened()
    const { link, host } = all
    const claimed: string[] = []
    const { claim, release } = host.secrets
    host.secrets.claim = (secret, holder) => {
      claimed.push(Buffer.from(secret).toString('hex'))
      claim.call(host.secrets, secret, holder)
    }
    host.secrets.release = (secret) => {
      claimed.splice(claimed.indexOf(Buffer.from(secret).toString('hex')), 1)
      release.call(host.secrets, secret)
    }
    link.restart()
    expect(claimed).toHaveLength(2)
    link.end('silent')
    expect(claimed).toEqual([])
  })
})
