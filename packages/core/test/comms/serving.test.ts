import { describe, expect, test } from '@jest/globals'
import { type Incoming, nameOf, Serving } from '../../src/comms/serving.js'
import { type Call, Kind } from '../../src/wire/message.js'

const call = (id: number, more: Partial<Call> = {}): Call => ({
  kind: Kind.call,
  id,
  service: 'math',
  method: 'add',
  args: [],
  timeLeft: null,
  ...more,
})

/** Serves requests with `dispatch`, and notes what is answered, in order. */
function serving(dispatch: (request: Incoming) => unknown) {
  const answers: unknown[] = []
  const failures: unknown[] = []
  const requests: Incoming[] = []
  const service = new Serving(
    'head',
    (request) => {
      requests.push(request)
      return dispatch(request)
    },
    (message) => {
      if (message.kind === Kind.reply) answers.push(['reply', message.id, message.value])
      if (message.kind === Kind.raise) answers.push(['raise', message.id, message.error])
    },
    (error) => failures.push(error),
  )
  return {
    service,
    answers,
    failures,
    requests,
    run: (message: Call) => service.run(message),
  }
}

const turn = () => new Promise((resolve) => setImmediate(resolve))

describe('A request that runs here', () => {
  test('is answered with what the method returns, or what its promise resolves with', async () => {
    const { answers, service, run } = serving(({ message }) =>
      message.id === 1 ? 'at once' : Promise.resolve('later'),
    )
    run(call(2))
    run(call(1))
    expect(service.size).toBe(1)
    await turn()
    expect(answers).toEqual([
      ['reply', 1, 'at once'],
      ['reply', 2, 'later'],
    ])
    expect(service.size).toBe(0)
  })

  test('is answered with what the method throws, or what its promise rejects with', async () => {
    const { answers, run } = serving(({ message }) => {
      if (message.id === 1) throw 'at once'
      return Promise.reject('later')
    })
    run(call(1))
    run(call(2))
    await turn()
    expect(answers).toEqual([
      ['raise', 1, 'at once'],
      ['raise', 2, 'later'],
    ])
  })

  test('is answered once, with an error, when what it returns is a broken promise', async () => {
    const then = (get: () => unknown) => Object.defineProperty({}, 'then', { get })
    const broken = [
      then(() => () => {
        throw new Error('in then')
      }),
      then(() => {
        throw new Error('in the getter')
      }),
    ]
    const { answers, service, run } = serving(({ message }) => broken[message.id - 1])
    run(call(1))
    run(call(2))
    await turn()
    expect(answers).toEqual(
      expect.arrayContaining([
        ['raise', 1, new Error('in then')],
        ['raise', 2, new Error('in the getter')],
      ]),
    )
    expect([answers.length, service.size]).toEqual([2, 0])
  })

  test('starts at once, so that those of one peer start in the order in which they came', () => {
    const { requests, run } = serving(() => new Promise(() => {}))
    for (let id = 1; id <= 5; id++) run(call(id))
    expect(requests.map(({ message }) => message.id)).toEqual([1, 2, 3, 4, 5])
  })

  test('tells the method who asks, and how long it has', () => {
    const { requests, run } = serving(() => {})
    run(call(1, { timeLeft: 250 }))
    expect(requests[0]).toMatchObject({ from: 'head', timeLeft: 250 })
  })

  test('that expects no answer gets none, and its failure is reported here', async () => {
    const { answers, failures, service, run } = serving(({ message }) => {
      if (message.method === 'throws') throw 'thrown'
      return message.method === 'rejects' ? Promise.reject('rejected') : Promise.resolve(1)
    })
    for (const method of ['throws', 'rejects', 'resolves']) run(call(0, { method }))
    expect(service.size).toBe(2)
    await turn()
    expect([answers, failures, service.size]).toEqual([[], ['thrown', 'rejected'], 0])
  })

  test('that is cancelled finds its signal aborted, whether it looks before or after, and is not answered', async () => {
    const { answers, requests, service, run } = serving(() => Promise.resolve().then(() => 'too late'))
    run(call(1))
    run(call(2))
    const before = requests[0]?.signal
    service.cancel(1, 'changed my mind')
    service.cancel(2, 'changed my mind')
    for (const signal of [before, requests[1]?.signal]) {
      expect(signal).toMatchObject({
        aborted: true,
        reason: { code: 'ERR_CANCELLED', reason: 'changed my mind' },
      })
    }
    await turn()
    expect([answers, service.size]).toEqual([[], 0])
  })

  test('that is answered already heeds no cancel', () => {
    const { requests, service, run } = serving(() => 1)
    run(call(1))
    service.cancel(1, 'too late')
    service.cancel(7, 'never there')
    expect(requests[0]?.signal.aborted).toBe(false)
  })

  test('is aborted and not answered when its caller is lost', async () => {
    const { answers, requests, service, run } = serving(() => Promise.resolve(1))
    run(call(1))
    run(call(2))
    service.abandon('crashed')
    for (const { signal } of requests) {
      expect(signal.reason).toMatchObject({ code: 'ERR_PEER_LOST', uid: 'head', reason: 'crashed' })
    }
    await turn()
    expect([answers, service.size]).toEqual([[], 0])
  })

  test('is named by its service or its object, for people', () => {
    const cmd = {
      kind: Kind.cmd,
      id: 1,
      type: 'Counter',
      object: 'c1',
      method: 'up',
      args: [],
      timeLeft: null,
    } as const
    expect([nameOf(call(1)), nameOf(cmd)]).toEqual(['math.add', 'Counter#c1.up'])
  })
})
