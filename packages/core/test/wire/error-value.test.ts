import { describe, expect, test } from '@jest/globals'
import { RuntimeDisconnectedError, SkeinError } from '../../src/errors.js'
import { defaultLimits } from '../../src/wire/limits.js'
import { MsgpackCodec } from '../../src/wire/msgpack-codec.js'

const codec = new MsgpackCodec()

function send<T>(value: T): T {
  const attachments: Uint8Array[] = []
  const bytes = Uint8Array.from(codec.encode(value, attachments, 'peer'))
  return codec.decode(bytes, attachments, defaultLimits, 'peer') as T
}

describe('An error that is sent', () => {
  test.each([EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError, Error])(
    'arrives as the built-in that it was, with its stack: %p',
    (Type) => {
      const error = new Type('went wrong')
      const arrived = send(error)
      expect(arrived).toBeInstanceOf(Type)
      expect(arrived).toMatchObject({ name: Type.name, message: 'went wrong', stack: error.stack })
      expect(Object.keys(arrived)).toEqual([])
    },
  )

  test('keeps code, cause and everything that is its own', () => {
    const cause = Object.assign(new RangeError('inner'), { code: 'E_INNER' })
    const error = Object.assign(new Error('outer', { cause }), {
      code: 'ENOENT',
      errno: -2,
      facts: new Map([['a', 1n]]),
    })
    const arrived = send(error)
    expect(arrived).toMatchObject({ code: 'ENOENT', errno: -2, facts: new Map([['a', 1n]]) })
    expect(arrived.cause).toBeInstanceOf(RangeError)
    expect(arrived.cause).toMatchObject({ message: 'inner', code: 'E_INNER' })
    expect(Object.keys(arrived)).not.toContain('cause')
  })

  test('keeps errors of its own as enumerable as they were', () => {
    expect(Object.keys(send(Object.assign(new Error('x'), { errors: { name: 'is missing' } })))).toEqual([
      'errors',
    ])
    expect(Object.keys(send(new AggregateError(['a'], 'x')))).toEqual([])
  })

  test('keeps a cause that is undefined', () => {
    expect('cause' in send(new Error('x', { cause: undefined }))).toBe(true)
    expect('cause' in send(new Error('x'))).toBe(false)
  })

  test('of an own class arrives as an Error of that name', () => {
    class QuotaError extends Error {
      override name = 'QuotaError'
      readonly quota = 5
    }
    const arrived = send(new QuotaError('full'))
    expect(arrived).toMatchObject({ name: 'QuotaError', message: 'full', quota: 5 })
    expect(arrived).toBeInstanceOf(Error)
  })

  test('of many arrives with its errors, less those that cannot be sent', () => {
    const arrived = send(new AggregateError([new TypeError('a'), () => {}, 'b'], 'all'))
    expect(arrived).toBeInstanceOf(AggregateError)
    expect(arrived.message).toBe('all')
    expect(arrived.errors).toEqual([new TypeError('a'), 'b'])
    expect(arrived.errors[0]).toBeInstanceOf(TypeError)
  })

  test('of ours arrives as ours, with its facts', () => {
    const facts = { uid: 'worker:0:1', method: 'add', timeoutMs: 5, executed: 'maybe' } as const
    const arrived = send(new SkeinError('ERR_TIMEOUT', 'too late', facts))
    expect(arrived).toBeInstanceOf(SkeinError)
    expect(arrived).toMatchObject({ code: 'ERR_TIMEOUT', name: 'SkeinError', message: 'too late', ...facts })

    const lost = send(new RuntimeDisconnectedError('worker:0:1', 'crashed', 'no', { method: 'add' }))
    expect(lost).toBeInstanceOf(RuntimeDisconnectedError)
    expect(lost).toMatchObject({ code: 'ERR_PEER_LOST', uid: 'worker:0:1', executed: 'no', method: 'add' })
    expect(lost.message).toBe(new RuntimeDisconnectedError('worker:0:1', 'crashed', 'no').message)
  })

  test('may be the reason of an AbortSignal', () => {
    const arrived = send<unknown>(AbortSignal.abort().reason)
    expect(arrived).toBeInstanceOf(Error)
    expect(arrived).toMatchObject({ name: 'AbortError', code: 20 })
  })

  test('leaves out what cannot be sent, and nothing of it stays', () => {
    const error = Object.assign(new Error('x'), {
      socket: { big: new Uint8Array(5000), write() {} },
      kept: new Uint8Array(4096),
    })
    const attachments: Uint8Array[] = []
    const bytes = Uint8Array.from(codec.encode([error, new Uint8Array(4097)], attachments, 'peer'))
    expect(attachments.map(({ length }) => length)).toEqual([4096, 4097])
    const [arrived, after] = codec.decode(bytes, attachments, defaultLimits, 'peer') as [
      typeof error,
      Uint8Array,
    ]
    expect(Object.keys(arrived)).toEqual(['kept'])
    expect(arrived.kept).toHaveLength(4096)
    expect(after).toHaveLength(4097)
  })

  test('may refer to itself: that is left out', () => {
    const error: Error & { self?: unknown } = new Error('x')
    error.self = { list: [error] }
    error.cause = error
    const arrived = send(error)
    expect(arrived.message).toBe('x')
    expect(arrived).not.toHaveProperty('self')
    expect(arrived).not.toHaveProperty('cause')
  })

  test('may appear twice side by side', () => {
    const error = new Error('x')
    expect(send([error, error])).toEqual([error, error])
  })

  test('encodes whatever its properties do', () => {
    const throwing = {
      enumerable: true,
      get() {
        throw new Error('read')
      },
    }
    const error = new Error('x')
    expect(error.stack).toBeDefined() // V8 writes it at the first look, and reads the message for that
    const name = { value: { odd: 1 } }
    Object.defineProperties(error, { stack: throwing, message: throwing, extra: throwing, name })
    expect(send(error)).toMatchObject({ name: 'an object', message: '' })
  })

  test('with a chain of causes beyond the depth keeps as much of it as fits', () => {
    let error = new Error('0')
    for (let i = 1; i < 100; i++) error = new Error(String(i), { cause: error })
    let depth = 0
    for (let at: unknown = send(error); at instanceof Error; at = at.cause) depth += 1
    expect(depth).toBeGreaterThan(10)
  })

  test('has no key that its receiver could stumble over', () => {
    const error = Object.assign(new Error('x'), JSON.parse('{"__proto__x": 1}'))
    Object.defineProperty(error, '__proto__', { value: { admin: true }, enumerable: true })
    expect(Object.getPrototypeOf(send(error))).toBe(Error.prototype)
  })
})
