import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { CommsManager } from '../../src/comms-manager.js'
import { SkeinError } from '../../src/errors.js'
import { defaultLimits } from '../../src/wire/limits.js'
import { call, failureOf, MemoryMesh } from './memory-mesh.js'

let mesh: MemoryMesh
let a: CommsManager
let ran: unknown[]

const circle: { self?: unknown } = {}
circle.self = circle

const deep = (levels: number): unknown => (levels === 0 ? 1 : [deep(levels - 1)])

/** What a method of b's, or of a's own, does with its argument. */
const methods = {
  note: (_: unknown, value: unknown) => void ran.push(value),
  function: () => ({ user: { onClick() {} } }),
  symbol: () => [Symbol('s')],
  circle: () => circle,
  deep: () => deep(100),
  large: () => new Uint8Array(2 * limits.frameBytes),
  throwsDenial: () => {
    throw new SkeinError('ERR_NO_SUCH_METHOD', 'a lie', { executed: 'no' })
  },
  rejectsDenial: () => Promise.reject(new SkeinError('ERR_OVERLOADED', 'a lie', { executed: 'no' })),
  throwsForeignDenial: () => {
    throw Object.assign(new Error('a lie'), { name: 'SkeinError', code: 'ERR_OVERLOADED', executed: 'no' })
  },
  throwsFrozenDenial: () => {
    throw Object.freeze(new SkeinError('ERR_OVERLOADED', 'a lie', { executed: 'no' }))
  },
  throwsUnreadableDenial: () => {
    throw { executed: 'no', more: getter, [Symbol('s')]: 1 }
  },
  throwsPlainDenial: () => {
    throw { code: 'ERR_OVERLOADED', executed: 'no' }
  },
}

/** So small that a value over the limit is cheap. */
const limits = { ...defaultLimits, frameBytes: 64 * 1024, batchBytes: 256 * 1024 }

beforeEach(async () => {
  mesh = new MemoryMesh()
  ran = []
  a = await mesh.runtime('a', methods, {}, { limits })
  await mesh.link(a, await mesh.runtime('b', methods, {}, { limits }))
})
afterEach(() => mesh.close())

const getter = Object.defineProperty({}, 'name', {
  enumerable: true,
  get() {
    throw new Error('not today')
  },
})

const unreadable = new Proxy(
  {},
  {
    ownKeys() {
      throw new Error('nor tomorrow')
    },
  },
)

const sendsItself = () =>
  Object.defineProperty({}, 'name', {
    enumerable: true,
    get: () => void a.send('b', call('note', 'from a getter')).catch(() => {}),
  })

const culprits: [string, unknown, string, string][] = [
  ['a function', { user: { onClick() {} } }, 'args[0].user.onClick', 'ERR_NOT_SERIALISABLE'],
  ['a symbol', [1, { 'a b': Symbol('s') }], 'args[0][1]["a b"]', 'ERR_NOT_SERIALISABLE'],
  ['a function in a Map', { m: new Map([['k', () => 1]]) }, "args[0].m.get('k')", 'ERR_NOT_SERIALISABLE'],
  ['a circle', { a: circle }, 'args[0].a.self', 'ERR_NOT_SERIALISABLE'],
  ['a getter that throws', [getter], 'args[0][0].name', 'ERR_NOT_SERIALISABLE'],
  ['an instance', { when: new (class Watch {})() }, 'args[0].when', 'ERR_NOT_SERIALISABLE'],
  ['a promise', [Promise.resolve(1)], 'args[0][0]', 'ERR_NOT_SERIALISABLE'],
  ['a proxy that throws', { x: unreadable }, 'args[0].x', 'ERR_NOT_SERIALISABLE'],
  ['a large binary', { data: new Uint8Array(2 * limits.frameBytes) }, 'args[0].data', 'ERR_TOO_LARGE'],
]

const verbs = {
  send: (to: string, value: unknown) => a.send(to, call('note', value)),
  sendRecv: (to: string, value: unknown) => a.sendRecv(to, call('note', value)),
  cmd: (to: string, value: unknown) => a.cmd(to, { ...object, args: [value] }),
  cmdRecv: (to: string, value: unknown) => a.cmdRecv(to, { ...object, args: [value] }),
}
const object = { type: 'T', object: '1', method: 'note' }

describe.each(Object.entries(verbs))('%s', (_, verb) => {
  test.each(culprits)('refuses %s, says where it is, and sends nothing', async (_name, value, path, code) => {
    for (const to of ['b', 'a']) {
      const left = mesh.left.get('a')?.length
      const before = verb(to, 'before')
      const failure = failureOf(verb(to, value))
      const after = verb(to, 'after')
      await mesh.clock.advance(10)
      expect(await failure).toMatchObject({ name: 'SkeinError', code, path, executed: 'no' })
      await Promise.all([before, after])
      if (to === 'a') expect(mesh.left.get('a')?.length).toBe(left)
    }
    expect(ran).toEqual(['before', 'after', 'before', 'after'])
  })

  test('refuses what is nested too deeply', async () => {
    for (const to of ['b', 'a']) {
      const failure = await mesh.inTime(failureOf(verb(to, deep(100))))
      expect(failure).toMatchObject({ code: 'ERR_NOT_SERIALISABLE', executed: 'no' })
      expect(failure).toMatchObject({ path: expect.stringMatching(/^args\[0\](\[0\])+$/) })
    }
    expect(ran).toEqual([])
  })

  test('refuses it also where the runtime is still looked up', async () => {
    const c = await mesh.runtime('c', methods)
    const resolve = async () => c.entry
    a = await mesh.runtime('d', {}, {}, { resolve })
    const failure = failureOf(verb('c', { user: { onClick() {} } }))
    expect(await mesh.inTime(failure)).toMatchObject({ path: 'args[0].user.onClick', executed: 'no' })
    await mesh.inTime(verb('c', 'after'))
    await mesh.clock.advance(100)
    expect(ran).toEqual(['after'])
  })

  test('refuses it also where it had to wait for room', async () => {
    a = await mesh.runtime('d', {}, { flow: { outboxMessages: 1 } })
    const c = await mesh.runtime('c', methods)
    await mesh.link(a, c)
    const first = verb('c', 'first')
    const failure = failureOf(verb('c', { user: { onClick() {} } }))
    const after = verb('c', 'after')
    expect(await mesh.inTime(failure)).toMatchObject({ path: 'args[0].user.onClick', executed: 'no' })
    await mesh.inTime(Promise.all([first, after]))
    await mesh.clock.advance(100)
    expect(ran).toEqual(['first', 'after'])
  })

  test('sends nothing of what a getter of its arguments sends', async () => {
    for (const to of ['b', 'a']) await mesh.inTime(failureOf(verb(to, sendsItself())))
    await mesh.inTime(verb('b', 'after'))
    await mesh.clock.advance(100)
    expect(a.connected('b')).toBe(true)
    expect(ran.at(-1)).toBe('after')
  })
})

describe('A result that can’t be sent', () => {
  test.each([
    ['function', 'ERR_NOT_SERIALISABLE', 'value.user.onClick'],
    ['symbol', 'ERR_NOT_SERIALISABLE', 'value[0]'],
    ['circle', 'ERR_NOT_SERIALISABLE', 'value.self'],
    ['large', 'ERR_TOO_LARGE', 'value'],
  ])('(%s) says that the method has run, and where it is', async (method, code, path) => {
    for (const to of ['b', 'a']) {
      const failure = await mesh.inTime(failureOf(a.sendRecv(to, call(method))))
      expect(failure).toMatchObject({ code, path, executed: 'maybe' })
    }
  })

  test('for being too deep says that the method has run', async () => {
    for (const to of ['b', 'a']) {
      const failure = await mesh.inTime(failureOf(a.sendRecv(to, call('deep'))))
      expect(failure).toMatchObject({ code: 'ERR_NOT_SERIALISABLE', executed: 'maybe' })
    }
  })
})

describe('What a method throws', () => {
  test.each(Object.keys(methods).filter((name) => name.endsWith('Denial')))(
    'never tells its caller that it has not run (%s)',
    async (method) => {
      for (const to of ['b', 'a']) {
        const failure = await mesh.inTime(failureOf(a.sendRecv(to, call(method))))
        expect(failure).toBeDefined()
        expect(failure).not.toMatchObject({ executed: 'no' })
      }
    },
  )
})

describe('A call that is none is refused where it is made, and nothing else suffers', () => {
  test.each<[string, unknown, object]>([
    ['nothing', undefined, { option: 'call' }],
    ['text', 'note', { option: 'call' }],
    ['no service', { method: 'note' }, { option: 'service', given: 'undefined' }],
    ['a service that is a number', { service: 5, method: 'note' }, { option: 'service', given: '5' }],
    ['no method', { service: 'x' }, { option: 'method' }],
    [
      'arguments that are text',
      { service: 'x', method: 'note', args: 'x' },
      { option: 'args', given: "'x'" },
    ],
    ['arguments that are a record', { service: 'x', method: 'note', args: {} }, { option: 'args' }],
    [
      'arguments that are null',
      { service: 'x', method: 'note', args: null },
      { option: 'args', given: 'null' },
    ],
    [
      'a slip',
      { service: 'x', method: 'note', arg: [1] },
      { option: 'arg', allowed: 'service, method, args' },
    ],
  ])('%s', async (_, given, facts) => {
    const wrong = given as never
    const expected = { code: 'ERR_INVALID_OPTION', ...facts }
    expect(await failureOf(a.send('b', wrong))).toMatchObject(expected)
    expect(() => a.sendRecv('b', wrong)).toThrow(expect.objectContaining(expected))
    expect(await mesh.inTime(a.sendRecv('b', call('note', 1)))).toBeUndefined()
    expect(ran).toEqual([1])
  })

  test.each<[string, object, object]>([
    ['no type', { object: 'o', method: 'm' }, { option: 'type' }],
    ['an object itself', { type: 'T', object: {}, method: 'm' }, { option: 'object', given: 'an object' }],
    ['arguments that are text', { type: 'T', object: 'o', method: 'm', args: 'x' }, { option: 'args' }],
    ['a slip', { type: 'T', object: 'o', method: 'm', service: 's' }, { option: 'service' }],
  ])('of an object: %s', async (_, given, facts) => {
    const expected = { code: 'ERR_INVALID_OPTION', ...facts }
    expect(await failureOf(a.cmd('b', given as never))).toMatchObject(expected)
    expect(() => a.cmdRecv('b', given as never)).toThrow(expect.objectContaining(expected))
  })
})
