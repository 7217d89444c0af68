import { describe, expect, test } from '@jest/globals'
import { RuntimeDisconnectedError, SkeinError } from '@skein/core'
import { ASK, type Asked, Asking, type Routing } from '../src/asking.js'

/** A context through which `a` asks `c`. What was asked there fails as it is told to. */
class Between {
  readonly #controller = new AbortController()
  #fail: (error: unknown) => void = () => {}
  #handler: (from: unknown, args: readonly unknown[], request: Asked) => Promise<unknown> = async () => {}

  constructor() {
    const routing: Routing = {
      id: 'b',
      graph: { nextHop: () => 'c' },
      handlers: {
        set: (method, handler) => {
          if (method === ASK) this.#handler = handler
        },
        countMalformed() {},
      },
      neighbour: () => ({
        ask: () =>
          new Promise((_, reject) => {
            this.#fail = reject
          }),
      }),
    }
    new Asking(routing)
  }

  /** What `a` is told when its request has ended for `reason`, if it has, and then the one to `c` has failed. */
  async told(reason: unknown, failure: unknown): Promise<unknown> {
    const { signal } = this.#controller
    const request: Asked = { timeLeft: 50, signal, refuse: (error) => error }
    const asked = this.#handler('a', ['c', 'key', 'method', [], 3], request)
    if (reason !== undefined) this.#controller.abort(reason)
    this.#fail(failure)
    return asked.then(
      () => undefined,
      (error: unknown) => error,
    )
  }
}

const told = (reason: unknown, failure: unknown) => new Between().told(reason, failure)

/** What an error has, whatever its stack. */
function factsOf(error: unknown): object {
  if (!(error instanceof Error)) throw new TypeError('that is no error')
  const { stack, ...facts } = { ...error, message: error.message, cause: error.cause }
  return facts
}

const givenUp = (executed: 'no' | 'maybe' = 'maybe') =>
  new SkeinError('ERR_CANCELLED', 'key.method at c was given up', { uid: 'c', method: 'ask', executed })

describe('who passes a request on, and has given up what it asked for itself because that has ended', () => {
  test('says that its deadline has passed', async () => {
    const failure = givenUp()
    const error = await told(
      new SkeinError('ERR_TIMEOUT', 'the deadline of a has passed', { uid: 'a' }),
      failure,
    )
    expect(factsOf(error)).toStrictEqual({
      name: 'SkeinError',
      code: 'ERR_TIMEOUT',
      message: 'the deadline of a has passed',
      uid: 'a',
      executed: 'maybe',
      cause: failure,
    })
  })

  test('says why it was given up, and nothing that is not known', async () => {
    const failure = givenUp('no')
    const text = 'the caller gave the request up: x'
    const error = await told(new SkeinError('ERR_CANCELLED', text, { reason: 'x' }), failure)
    expect(factsOf(error)).toStrictEqual({
      name: 'SkeinError',
      code: 'ERR_CANCELLED',
      message: text,
      reason: 'x',
      executed: 'no',
      cause: failure,
    })
  })

  test('leaves it open whether what it asked for has run where that does not say so', async () => {
    const reason = new SkeinError('ERR_CLOSED', 'this runtime stops', { executed: 'no' })
    const failure = new SkeinError('ERR_CANCELLED', 'given up')
    expect(factsOf(await told(reason, failure))).toStrictEqual({
      name: 'SkeinError',
      code: 'ERR_CLOSED',
      message: 'this runtime stops',
      cause: failure,
    })
  })

  test('says that a runtime was lost in the words for that', async () => {
    const failure = givenUp()
    const error = await told(new RuntimeDisconnectedError('a', 'silent', 'no', { method: 'ask' }), failure)
    expect(error).toBeInstanceOf(RuntimeDisconnectedError)
    expect(factsOf(error)).toStrictEqual({
      name: 'RuntimeDisconnectedError',
      code: 'ERR_PEER_LOST',
      message: 'a was lost (silent); the request may have run',
      uid: 'a',
      reason: 'silent',
      method: 'ask',
      executed: 'maybe',
      cause: failure,
    })
  })
})

describe('who passes a request on passes on as it is', () => {
  const deadline = new SkeinError('ERR_TIMEOUT', 'the deadline of a has passed', { uid: 'a' })
  const lost = new SkeinError('ERR_PEER_LOST', 'd was lost', { uid: 'd', executed: 'no' })

  test.each([
    ['that what it asked for was given up, while its own request goes on', undefined, givenUp()],
    ['that, where its own has ended for a reason that is none of Skein', new Error('stop'), givenUp()],
    ['any other failure, although its own has ended', deadline, lost],
    ['what a method has thrown, although its own has ended', deadline, new RangeError('too far')],
    [
      'what only looks like a request that was given up',
      deadline,
      { code: 'ERR_CANCELLED', message: 'no error' },
    ],
  ])('%s', async (_what, reason, failure) => {
    expect(await told(reason, failure)).toBe(failure)
  })
})
