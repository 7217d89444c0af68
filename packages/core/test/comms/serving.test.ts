import { describe, expect, test } from '@jest/globals'
import { TurnedClock } from '../../src/clock.js'
import { nameOf } from '../../src/comms/calls.js'
import type { Incoming } from '../../src/comms/incoming.js'
import { Serving } from '../../src/comms/serving.js'
import { Deadlines } from '../../src/deadlines.js'
import { RuntimeDisconnectedError, SkeinError } from '../../src/errors.js'
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

interface Bounds {
  readonly maxRunning?: number
  readonly maxWaiting?: number
}

/** Serves requests with `dispatch`, and notes what is answered, in order. Every request has a batch of its own. */
function serving(
  dispatch: (request: Incoming) => unknown,
  { maxRunning = Number.POSITIVE_INFINITY, maxWaiting = Number.POSITIVE_INFINITY }: Bounds = {},
) {
  const answers: unknown[] = []
  const failures: unknown[] = []
  const requests: Incoming[] = []
  const held: (number | undefined)[] = []
  const room = { is: true, waiting: [] as (() => void)[] }
  const clock = new TurnedClock()
  const service = new Serving(
    {
      from: 'head',
      time: { instance: 'here', clock, deadlines: new Deadlines(clock) },
      dispatch: (request) => {
        requests.push(request)
        return dispatch(request)
      },
      maxRunning,
      maxWaiting,
    },
    {
      post: (message) => {
        if (message.kind === Kind.reply) answers.push(['reply', message.id, message.value])
        if (message.kind === Kind.raise) answers.push(['raise', message.id, message.error])
        return []
      },
      hasRoom: () => room.is,
      whenRoom: (fn) => room.waiting.push(fn),
      hold: (seq) => held.push(seq),
      failed: (error) => failures.push(error),
    },
  )
  let seq = 0
  const run = (message: Call) => service.run(message, ++seq)
  return { service, answers, failures, requests, held, room, clock, run }
}

const ids = (requests: readonly Incoming[]) => requests.map(({ message }) => message.id)
const lost = new SkeinError('ERR_PEER_LOST', 'lost', { uid: 'head', reason: 'crashed' })

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
    service.abandon(lost)
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

  test('is refused, and never begun, if its arguments can’t be made here', () => {
    const { answers, requests, run } = serving(() => 1)
    run(call(1, { unreadable: new SkeinError('ERR_PROTOCOL', 'no such RegExp') }))
    expect(requests).toEqual([])
    expect(answers).toEqual([['raise', 1, expect.objectContaining({ code: 'ERR_PROTOCOL', executed: 'no' })]])
  })

  test('that throws what a request of its own threw does not claim that it never ran itself', async () => {
    const nested = new SkeinError('ERR_NO_SUCH_PEER', 'no such peer', { uid: 'x', executed: 'no' })
    const gone = new RuntimeDisconnectedError('x', 'crashed', 'no')
    const { answers, run } = serving((request) => {
      if (request.message.id === 1) throw nested
      if (request.message.id === 2) throw gone
      throw request.refuse(nested)
    })
    for (const id of [1, 2, 3]) run(call(id))
    expect(answers).toEqual([
      ['raise', 1, expect.objectContaining({ code: 'ERR_NO_SUCH_PEER', uid: 'x', executed: 'maybe' })],
      ['raise', 2, expect.objectContaining({ name: 'RuntimeDisconnectedError', executed: 'maybe' })],
      ['raise', 3, expect.objectContaining({ code: 'ERR_NO_SUCH_PEER', executed: 'no' })],
    ])
    expect([nested.executed, gone.executed]).toEqual(['no', 'no'])
  })

  test('knows how much time it has left, and its signal is aborted when there is none', async () => {
    const { clock, requests, run } = serving(() => new Promise(() => {}))
    run(call(1, { timeLeft: 160 }))
    run(call(2))
    const [bounded, unbounded] = requests
    expect(bounded?.signal.aborted).toBe(false)
    await clock.advance(100)
    expect([bounded?.timeLeft, unbounded?.timeLeft]).toEqual([60, Number.POSITIVE_INFINITY])
    await clock.advance(76)
    expect(bounded?.signal).toMatchObject({ aborted: true, reason: { code: 'ERR_TIMEOUT' } })
    expect([bounded?.timeLeft, unbounded?.signal.aborted]).toEqual([0, false])
  })
})

describe('Of many requests', () => {
  /** Methods that end when they are told to. */
  function ending() {
    const ends = new Map<number, () => void>()
    const dispatch = ({ message }: Incoming) => new Promise<void>((resolve) => ends.set(message.id, resolve))
    const end = async (id: number) => {
      ends.get(id)?.()
      await turn()
    }
    return { dispatch, end }
  }

  test('so many run at once, and the others in their order as soon as one has ended', async () => {
    const { dispatch, end } = ending()
    const { requests, held, service, run } = serving(dispatch, { maxRunning: 2 })
    for (const id of [1, 2, 3, 4]) run(call(id))
    expect([ids(requests), held, service.size]).toEqual([[1, 2], [3], 4])
    await end(2)
    expect([ids(requests), held]).toEqual([
      [1, 2, 3],
      [3, 4],
    ])
    await end(1)
    expect([ids(requests), held]).toEqual([
      [1, 2, 3, 4],
      [3, 4, undefined],
    ])
    await end(3)
    await end(4)
    expect(service.size).toBe(0)
  })

  test('none starts while answers don’t leave', () => {
    const { requests, room, run } = serving(() => 1)
    room.is = false
    run(call(1))
    run(call(2))
    expect(requests).toEqual([])
    expect(room.waiting).toHaveLength(1) // streams stand in the same row
    room.is = true
    for (const fn of room.waiting.splice(0)) fn()
    expect(ids(requests)).toEqual([1, 2])
  })

  test('one that is cancelled while it waits never runs', async () => {
    const { dispatch, end } = ending()
    const { requests, service, run } = serving(dispatch, { maxRunning: 1 })
    for (const id of [1, 2, 3]) run(call(id))
    service.cancel(2, 'changed my mind')
    await end(1)
    expect(ids(requests)).toEqual([1, 3])
  })

  test('one whose deadline passes while it waits never runs, and is refused', async () => {
    const { dispatch, end } = ending()
    const { requests, answers, clock, run } = serving(dispatch, { maxRunning: 1 })
    run(call(1))
    run(call(2, { timeLeft: 160 }))
    await clock.advance(200)
    await end(1)
    expect(ids(requests)).toEqual([1])
    expect(answers).toContainEqual([
      'raise',
      2,
      expect.objectContaining({ code: 'ERR_TIMEOUT', executed: 'no' }),
    ])
  })

  test('those that wait are dropped when their caller is lost, but for those that expect no answer', async () => {
    const { dispatch, end } = ending()
    const { requests, service, run } = serving(dispatch, { maxRunning: 1 })
    run(call(1))
    run(call(2))
    run(call(0))
    service.abandon(lost)
    await end(1)
    expect(ids(requests)).toEqual([1, 0])
  })

  test('those that are too many to wait are refused', () => {
    const { answers, failures, run } = serving(() => new Promise(() => {}), { maxRunning: 1, maxWaiting: 1 })
    for (const id of [1, 2, 3, 0]) run(call(id))
    const overloaded = expect.objectContaining({ code: 'ERR_OVERLOADED', executed: 'no' })
    expect([answers, failures]).toEqual([[['raise', 3, overloaded]], [overloaded]])
  })

  test('vital ones are run although it is about to end', async () => {
    const { dispatch, end } = ending()
    const { answers, requests, held, service, run } = serving(dispatch, { maxRunning: 1 })
    for (const id of [1, 2, 3]) run(call(id))
    const stopping = new SkeinError('ERR_CLOSED', 'stopping', { executed: 'no' })
    service.refuse(stopping, ({ message }) => message.id % 2 === 1)
    expect([answers, held.at(-1)]).toEqual([[['raise', 2, stopping]], 3])
    run(call(5))
    await end(1)
    await end(3)
    expect(ids(requests)).toEqual([1, 3, 5])
  })

  test('those that wait, and all that come, are refused once it is about to end; what runs goes on', async () => {
    const { dispatch, end } = ending()
    const { answers, requests, held, service, run } = serving(dispatch, { maxRunning: 1 })
    run(call(1))
    run(call(2))
    const stopping = new SkeinError('ERR_CLOSED', 'stopping', { executed: 'no' })
    service.refuse(stopping, () => false)
    run(call(3))
    expect(answers).toEqual([
      ['raise', 2, stopping],
      ['raise', 3, stopping],
    ])
    expect([service.size, held.at(-1)]).toEqual([1, undefined])
    const idle = service.idle()
    await end(1)
    await idle
    expect([ids(requests), answers.at(-1)]).toEqual([[1], ['reply', 1, undefined]])
  })
})
