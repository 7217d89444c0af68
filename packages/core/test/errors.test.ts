import { describe, expect, test } from '@jest/globals'
import { invalidOption, RuntimeDisconnectedError, SkeinError, describe as textOf } from '../src/errors.js'
import { withFacts } from '../src/logger.js'

describe('An error', () => {
  test('has the facts that it was given as fields, and no others', () => {
    const error = new SkeinError('ERR_TIMEOUT', 'too late', { uid: 'worker:0', timeoutMs: 5 })
    expect(error).toMatchObject({ code: 'ERR_TIMEOUT', uid: 'worker:0', timeoutMs: 5, name: 'SkeinError' })
    expect('executed' in error).toBe(false)
    expect('cause' in error).toBe(false)
  })

  test('keeps its cause where an Error has it', () => {
    const cause = new Error('below')
    expect(new SkeinError('ERR_REMOTE', 'above', { cause }).cause).toBe(cause)
  })

  test('takes no code from another error whose facts it passes on', () => {
    const { message, ...facts } = invalidOption('port', 'x', 'a number')
    // @ts-expect-error: its code is among the facts
    expect(new SkeinError('ERR_INVALID_ADDRESS', message, facts)).toMatchObject({ option: 'port' })
    const { code, ...others } = facts
    expect(new SkeinError('ERR_INVALID_ADDRESS', message, others)).toMatchObject({
      code: 'ERR_INVALID_ADDRESS',
      option: 'port',
    })
    expect(code).toBe('ERR_INVALID_OPTION')
  })

  test('about a lost peer says whether the request can have run', () => {
    const error = new RuntimeDisconnectedError('worker:0', 'silent', 'no', { method: 'add' })
    expect(error).toBeInstanceOf(SkeinError)
    expect(error).toMatchObject({
      code: 'ERR_PEER_LOST',
      uid: 'worker:0',
      reason: 'silent',
      executed: 'no',
      method: 'add',
    })
    expect(error.message).toBe('worker:0 was lost (silent); the request never ran')
    expect(new RuntimeDisconnectedError('a', 'silent', 'maybe').message).toContain('may have run')
  })

  test('about an option says what was given and what is allowed', () => {
    expect(invalidOption('port', 'x', 'a number')).toMatchObject({
      code: 'ERR_INVALID_OPTION',
      message: "port is 'x'; allowed: a number",
      option: 'port',
      given: "'x'",
      allowed: 'a number',
    })
  })

  test.each([
    ['a', "'a'"],
    ['x'.repeat(100), `'${'x'.repeat(77)}…'`],
    [1, '1'],
    [Number.NaN, 'NaN'],
    [2n, '2n'],
    [undefined, 'undefined'],
    [null, 'null'],
    [Symbol('s'), 'Symbol(s)'],
    [{}, 'an object'],
    [Object.create(null), 'an object'],
    [[], 'an instance of Array'],
    [new Map(), 'an instance of Map'],
    [function named() {}, 'function named'],
    [() => {}, 'function (anonymous)'],
  ])('shows %p in a few words', (value, text) => {
    expect(textOf(value)).toBe(text)
  })
})

test('whatever is logged beside a sentence is told of, an object that has no text too', () => {
  const facts = { uid: 'worker:0:1', error: new Error('it burns'), query: Object.create(null) }
  expect(withFacts('hot', facts)).toBe('hot uid=worker:0:1 error=it burns query=an object')
})
