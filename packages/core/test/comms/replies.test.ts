import { getEventListeners } from 'node:events'
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { TurnedClock } from '../../src/clock.js'
import { type Pending, Replies, Reply } from '../../src/comms/replies.js'
import { Deadlines } from '../../src/deadlines.js'
import { SkeinError } from '../../src/errors.js'

const asked = { uid: 'worker:0', what: 'math.add', method: 'add' }

function replying() {
  const clock = new TurnedClock()
  const givenUp: [Pending, string][] = []
  const replies = new Replies(new Deadlines(clock), (pending, reason) => givenUp.push([pending, reason]))
  return { clock, replies, givenUp }
}

const endless = { timeout: Number.POSITIVE_INFINITY }

describe('A reply', () => {
  test('resolves with the answer, and is found by it until then', async () => {
    const { replies, givenUp } = replying()
    const { reply, pending } = replies.open<number>(asked, endless)
    expect(replies.find(pending.id, 'worker:0')).toBe(pending)
    pending.resolve(5)
    expect(await reply).toBe(5)
    expect([replies.find(pending.id, 'worker:0'), replies.size, givenUp.length]).toEqual([undefined, 0, 0])
  })

  test('is not found by an answer of somebody else', () => {
    const { replies } = replying()
    const { pending } = replies.open(asked, endless)
    expect(replies.find(pending.id, 'worker:1')).toBeUndefined()
    expect(replies.find(pending.id + 1, 'worker:0')).toBeUndefined()
  })

  test('rejects with what the method threw, as it is', async () => {
    const { replies } = replying()
    const { reply, pending } = replies.open(asked, endless)
    const thrown = new RangeError('too large')
    pending.reject(thrown)
    await expect(reply).rejects.toBe(thrown)
  })

  test('rejects when its deadline passes, and whoever runs it is told', async () => {
    const { clock, replies, givenUp } = replying()
    const { reply, pending } = replies.open(asked, { timeout: 160 })
    const rejected = expect(reply).rejects.toMatchObject({
      code: 'ERR_TIMEOUT',
      uid: 'worker:0',
      method: 'add',
      timeoutMs: 160,
      executed: 'no',
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
    const { reply, pending } = new Replies(deadlines, () => {}).open(asked, { timeout: 1000 })
    expect(deadlines.size).toBe(1)
    pending.resolve(1)
    await reply
    expect(deadlines.size).toBe(0)
  })

  test('can be cancelled once, and whoever runs it is told why', async () => {
    const { replies, givenUp } = replying()
    const { reply, pending } = replies.open(asked, endless)
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
    const { reply, pending } = replies.open(asked, endless)
    pending.resolve(1)
    reply.cancel()
    expect([await reply, givenUp]).toEqual([1, []])
  })

  test('is given up when its signal is aborted, with the signal’s reason as the cause', async () => {
    const { replies, givenUp } = replying()
    const controller = new AbortController()
    const { reply } = replies.open(asked, { ...endless, signal: controller.signal })
    const cause = new Error('the user left')
    controller.abort(cause)
    await expect(reply).rejects.toMatchObject({ code: 'ERR_CANCELLED', reason: 'the user left', cause })
    expect(givenUp).toHaveLength(1)
  })

  test('is given up at once when its signal is aborted already', async () => {
    const { replies } = replying()
    const { reply, pending } = replies.open(asked, { ...endless, signal: AbortSignal.abort('no error') })
    expect(replies.awaits(pending)).toBe(false)
    await expect(reply).rejects.toMatchObject({ code: 'ERR_CANCELLED', reason: 'aborted', executed: 'no' })
  })

  test('does not hold on to a signal that outlives it', async () => {
    const { replies, givenUp } = replying()
    const controller = new AbortController()
    const { reply, pending } = replies.open(asked, { ...endless, signal: controller.signal })
    pending.resolve(1)
    expect(getEventListeners(controller.signal, 'abort')).toEqual([])
    controller.abort()
    expect([await reply, givenUp]).toEqual([1, []])
  })

  test('makes plain promises of what is chained to it', () => {
    const { reply, pending } = replying().replies.open(asked, endless)
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
        const { reply, pending } = replies.open(asked, { timeout: 10, signal: controller.signal })
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
          lose: () => replies.lose('worker:0', 'silent'),
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
  /** Where a request can be when it fails. */
  const places = {
    'not posted': undefined,
    'posted, not sent': { seq: 1, sent: false },
    sent: { seq: 1, sent: true },
  } as const

  test.each([
    ['its peer is lost', 'not posted', 'no'],
    ['its peer is lost', 'posted, not sent', 'no'],
    ['its peer is lost', 'sent', 'maybe'],
    ['this runtime stops', 'not posted', 'no'],
    ['this runtime stops', 'posted, not sent', 'no'],
    ['this runtime stops', 'sent', 'maybe'],
    // What is in the outbox leaves yet, with its cancel behind it.
    ['it is given up', 'not posted', 'no'],
    ['it is given up', 'posted, not sent', 'maybe'],
    ['it is given up', 'sent', 'maybe'],
    ['its deadline passes', 'not posted', 'no'],
    ['its deadline passes', 'posted, not sent', 'maybe'],
    ['its deadline passes', 'sent', 'maybe'],
  ] as const)('because %s while it is %s says executed: %s', async (why, place, executed) => {
    const { clock, replies } = replying()
    const { reply, pending } = replies.open(asked, { timeout: 10 })
    pending.parcel = places[place]
    const rejected = expect(reply).rejects.toMatchObject({ executed })
    if (why === 'its peer is lost') replies.lose('worker:0', 'crashed')
    else if (why === 'this runtime stops') replies.closeAll()
    else if (why === 'it is given up') reply.cancel()
    else await clock.advance(20)
    await rejected
  })

  test('because its peer is lost takes none that is addressed to another with it', async () => {
    const { replies } = replying()
    const first = replies.open(asked, endless)
    const second = replies.open(asked, endless)
    const other = replies.open({ ...asked, uid: 'worker:1' }, endless)
    expect([replies.sizeFor('worker:0'), replies.sizeFor('worker:1')]).toEqual([2, 1])
    replies.lose('worker:0', 'silent')
    const lost = { name: 'RuntimeDisconnectedError', code: 'ERR_PEER_LOST', reason: 'silent', method: 'add' }
    await expect(first.reply).rejects.toMatchObject(lost)
    await expect(second.reply).rejects.toMatchObject(lost)
    other.pending.resolve(1)
    expect(await other.reply).toBe(1)
  })
})
