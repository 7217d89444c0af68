import { getEventListeners } from 'node:events'
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { TurnedClock } from '../../src/clock.js'
import type { Pending } from '../../src/comms/pending.js'
import { Replies } from '../../src/comms/replies.js'
import { Reply } from '../../src/comms/reply.js'
import { Deadlines } from '../../src/deadlines.js'
import { SkeinError } from '../../src/errors.js'
import type { Link } from '../../src/link/link.js'
import type { Parcel } from '../../src/peer/outgoing.js'

const asked = { uid: 'worker:0', place: 'math', method: 'add' }

function replying() {
  const clock = new TurnedClock()
  const givenUp: [Pending, string][] = []
  const replies = new Replies(new Deadlines(clock), (pending, reason) => givenUp.push([pending, reason]))
  return { clock, replies, givenUp }
}

/** Links are asked no more than this here. */
const linkIn = (state: Link['state']): Link => Object.create({ state, session: { acked: 1 } })
const crashed = { kind: 'dead', since: 0, reason: 'crashed' } as const
const [link, otherLink] = [linkIn(crashed), linkIn(crashed)]

/** A batch that has left, or has not. */
const parcel = (sent: boolean): Parcel => ({ seq: 1, messages: 1, sent, withdraw: () => !sent })

const endless = Number.POSITIVE_INFINITY

describe('A reply', () => {
  test('resolves with the answer, and is found by it until then', async () => {
    const { replies, givenUp } = replying()
    const pending = replies.open(asked, endless)
    const { reply } = pending
    expect(replies.find(pending.id, 'worker:0')).toBe(pending)
    pending.resolve(5)
    expect(await reply).toBe(5)
    expect([replies.find(pending.id, 'worker:0'), replies.size, givenUp.length]).toEqual([undefined, 0, 0])
  })

  test('is not found by an answer of somebody else', () => {
    const { replies } = replying()
    const pending = replies.open(asked, endless)
    expect(replies.find(pending.id, 'worker:1')).toBeUndefined()
    expect(replies.find(pending.id + 1, 'worker:0')).toBeUndefined()
  })

  test('rejects with what the method threw, as it is', async () => {
    const { replies } = replying()
    const pending = replies.open(asked, endless)
    const { reply } = pending
    const thrown = new RangeError('too large')
    pending.reject(thrown)
    await expect(reply).rejects.toBe(thrown)
  })

  test('rejects when its deadline passes, and whoever runs it is told', async () => {
    const { clock, replies, givenUp } = replying()
    const pending = replies.open(asked, 160)
    const { reply } = pending
    pending.posted(parcel(true), link)
    const rejected = expect(reply).rejects.toMatchObject({
      code: 'ERR_TIMEOUT',
      uid: 'worker:0',
      method: 'add',
      timeoutMs: 160,
      executed: 'maybe',
      message: 'math.add at worker:0 was not answered within 160 ms',
    })
    await clock.advance(159)
    expect(replies.awaits(pending)).toBe(true)
    await clock.advance(1)
    await rejected
    expect([replies.awaits(pending), givenUp]).toEqual([false, [[pending, 'timeout']]])
  })

  test('leaves no deadline behind when it settles', async () => {
    const clock = new TurnedClock()
    const deadlines = new Deadlines(clock)
    const pending = new Replies(deadlines, () => {}).open(asked, 1000)
    const { reply } = pending
    expect(deadlines.size).toBe(1)
    pending.resolve(1)
    await reply
    expect(deadlines.size).toBe(0)
  })

  test('can be cancelled once, and whoever runs it is told why', async () => {
    const { replies, givenUp } = replying()
    const pending = replies.open(asked, endless)
    const { reply } = pending
    pending.posted(parcel(true), link)
    reply.cancel('changed my mind')
    reply.cancel('again')
    await expect(reply).rejects.toMatchObject({
      code: 'ERR_CANCELLED',
      reason: 'changed my mind',
      uid: 'worker:0',
    })
    expect(givenUp).toEqual([[pending, 'changed my mind']])
  })

  test('does not heed a cancel once it is settled', async () => {
    const { replies, givenUp } = replying()
    const pending = replies.open(asked, endless)
    const { reply } = pending
    pending.resolve(1)
    reply.cancel()
    expect([await reply, givenUp]).toEqual([1, []])
  })

  test('is given up when its signal is aborted, with the signal’s reason as the cause', async () => {
    const { replies, givenUp } = replying()
    const controller = new AbortController()
    const pending = replies.open(asked, endless, { signal: controller.signal })
    const { reply } = pending
    pending.posted(parcel(true), link)
    const cause = new Error('the user left')
    controller.abort(cause)
    await expect(reply).rejects.toMatchObject({ code: 'ERR_CANCELLED', reason: 'the user left', cause })
    expect(givenUp).toHaveLength(1)
  })

  test('is given up at once when its signal is aborted already', async () => {
    const { replies } = replying()
    const pending = replies.open(asked, endless, { signal: AbortSignal.abort('no error') })
    const { reply } = pending
    expect(replies.awaits(pending)).toBe(false)
    await expect(reply).rejects.toMatchObject({ code: 'ERR_CANCELLED', reason: 'aborted', executed: 'no' })
  })

  test('does not hold on to a signal that outlives it', async () => {
    const { replies, givenUp } = replying()
    const controller = new AbortController()
    const pending = replies.open(asked, endless, { signal: controller.signal })
    const { reply } = pending
    pending.resolve(1)
    expect(getEventListeners(controller.signal, 'abort')).toEqual([])
    controller.abort()
    expect([await reply, givenUp]).toEqual([1, []])
  })

  test('makes plain promises of what is chained to it', () => {
    const pending = replying().replies.open(asked, endless)
    const { reply } = pending
    const chained = reply.then(() => 1)
    expect([reply instanceof Reply, chained instanceof Reply]).toEqual([true, false])
    pending.resolve(1)
  })

  test('settles exactly once, however many ends come, and in whatever order', async () => {
    const end = fc.constantFrom('resolve', 'reject', 'cancel', 'abort', 'expire', 'lose', 'closeAll')
    await fc.assert(
      fc.asyncProperty(fc.array(end, { minLength: 1, maxLength: 6 }), async (ends) => {
        const { clock, replies, givenUp } = replying()
        const controller = new AbortController()
        const pending = replies.open(asked, 10, { signal: controller.signal })
        const { reply } = pending
        pending.posted(parcel(true), link)
        const outcomes: unknown[] = []
        reply.then(
          () => outcomes.push('resolve'),
          (error: unknown) => outcomes.push(error instanceof SkeinError ? error.code : 'reject'),
        )
        const acts = {
          resolve: () => pending.resolve(1),
          reject: () => pending.reject(new Error('of the method')),
          cancel: () => reply.cancel(),
          abort: () => controller.abort(),
          expire: () => clock.advance(20),
          lose: () => replies.lose(link, 'silent'),
          closeAll: () => replies.closeAll(),
        }
        const expected = {
          resolve: 'resolve',
          reject: 'reject',
          cancel: 'ERR_CANCELLED',
          abort: 'ERR_CANCELLED',
          expire: 'ERR_TIMEOUT',
          lose: 'ERR_PEER_LOST',
          closeAll: 'ERR_CLOSED',
        }
        for (const name of ends) await acts[name]()
        await clock.advance(100)
        const [first] = ends
        expect(outcomes).toEqual([first === undefined ? undefined : expected[first]])
        const isGivenUp = first === 'cancel' || first === 'abort' || first === 'expire'
        expect([replies.size, givenUp.length]).toEqual([0, isGivenUp ? 1 : 0])
      }),
      { numRuns: 50 },
    )
  })
})

describe('A request that fails', () => {
  test.each([
    ['its peer is lost', 'posted, not sent', 'no', false],
    ['its peer is lost', 'sent', 'maybe', false],
    ['this runtime stops', 'not posted', 'no', false],
    ['this runtime stops', 'posted, not sent', 'no', false],
    ['this runtime stops', 'sent', 'maybe', false],
    // What has not left is taken back, and nobody needs to be told.
    ['it is given up', 'not posted', 'no', false],
    ['it is given up', 'posted, not sent', 'no', false],
    ['it is given up', 'sent', 'maybe', true],
    ['its deadline passes', 'not posted', 'no', false],
    ['its deadline passes', 'posted, not sent', 'no', false],
    ['its deadline passes', 'sent', 'maybe', true],
  ] as const)('because %s while it is %s says executed: %s', async (why, place, executed, told) => {
    const { clock, replies, givenUp } = replying()
    const pending = replies.open(asked, 10)
    const { reply } = pending
    if (place !== 'not posted') pending.posted(parcel(place === 'sent'), link)
    const rejected = expect(reply).rejects.toMatchObject({ executed })
    if (why === 'its peer is lost') replies.lose(link, 'crashed')
    else if (why === 'this runtime stops') replies.closeAll()
    else if (why === 'it is given up') reply.cancel()
    else await clock.advance(20)
    await rejected
    expect(givenUp).toHaveLength(told ? 1 : 0)
  })

  test('and is tried again says so of all its tries: that the last never ran does not mean that none did', async () => {
    const { replies } = replying()
    const pending = replies.open(asked, endless)
    const { reply } = pending
    let tries = 1
    pending.again = () => tries++ < 3
    pending.posted(parcel(true), link)
    replies.lose(link, 'crashed')
    pending.posted(parcel(false), otherLink)
    replies.lose(otherLink, 'silent')
    expect(replies.awaits(pending)).toBe(true)
    pending.fail(new SkeinError('ERR_NO_SUCH_PEER', 'gone', { executed: 'no' }))
    await expect(reply).rejects.toMatchObject({ code: 'ERR_PEER_LOST', reason: 'crashed', executed: 'maybe' })
  })

  test.each([
    ['its peer has taken its batch before a farewell', 1, 'theirs', 'maybe'],
    ['its peer has not', 2, 'theirs', 'no'],
    ['the farewell is our own', 2, 'ours', 'maybe'],
  ] as const)('because the peer has left says what is known: %s', async (_, seq, whose, executed) => {
    const { replies } = replying()
    const left = linkIn({ kind: 'left', since: 0, whose, reason: 'stopped' })
    const pending = replies.open(asked, endless)
    const { reply } = pending
    pending.posted({ ...parcel(true), seq }, left)
    replies.lose(left, 'stopped')
    await expect(reply).rejects.toMatchObject({ code: 'ERR_PEER_LOST', executed })
  })

  test('spends no further try once it has settled', async () => {
    const { replies } = replying()
    const pending = replies.open(asked, endless)
    const { reply } = pending
    let asks = 0
    pending.again = () => {
      asks += 1
      return true
    }
    reply.cancel()
    pending.fail(new SkeinError('ERR_PEER_LOST', 'lost', { executed: 'no' }))
    await expect(reply).rejects.toMatchObject({ code: 'ERR_CANCELLED' })
    expect(asks).toBe(0)
  })

  test('because its peer is lost takes none that is addressed to another with it', async () => {
    const { replies } = replying()
    const first = replies.open(asked, endless)
    const second = replies.open(asked, endless)
    const other = replies.open({ ...asked, uid: 'worker:1' }, endless)
    expect([replies.sizeFor('worker:0'), replies.sizeFor('worker:1')]).toEqual([2, 1])
    first.posted(parcel(true), link)
    second.posted(parcel(true), link)
    other.posted(parcel(true), otherLink)
    replies.lose(link, 'silent')
    const lost = { name: 'RuntimeDisconnectedError', code: 'ERR_PEER_LOST', reason: 'silent', method: 'add' }
    await expect(first.reply).rejects.toMatchObject(lost)
    await expect(second.reply).rejects.toMatchObject(lost)
    other.resolve(1)
    expect(await other.reply).toBe(1)
  })

  test('tells below its own stack who awaits it', async () => {
    const { replies } = replying()
    const pending = replies.open(asked, endless)
    const { reply } = pending
    async function measure(): Promise<unknown> {
      return await reply
    }
    async function experiment(): Promise<unknown> {
      return await measure()
    }
    const failing = experiment()
    const remote = new RangeError('too hot')
    remote.stack = 'RangeError: too hot\n    at Sensor.read (file:///sensor.js:3:9)'
    setImmediate(() => pending.reject(remote))
    const thrown = await failing.catch((error: unknown) => error)
    expect(thrown).toBe(remote)
    expect(remote.stack?.replace(/\(.*[\\/]/g, '(').replace(/:\d+/g, '')).toMatch(
      /^RangeError: too hot\n {4}at Sensor.read \(sensor.js\)\n {4}--- awaited by ---\n {4}at (async )?measure \(.*\)\n {4}at (async )?experiment/,
    )
  })

  test('that nobody awaits in a function keeps the stack that it has', async () => {
    const { replies } = replying()
    const pending = replies.open(asked, endless)
    const { reply } = pending
    const error = new RangeError('too hot')
    const { stack } = error
    const caught = new Promise((resolve) => reply.catch(resolve))
    pending.reject(error)
    expect(await caught).toBe(error)
    expect(error.stack).toBe(stack)
  })
})
