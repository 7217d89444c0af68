/// <reference lib="es2024.arraybuffer" />
import { describe, expect, test } from '@jest/globals'
import { SkeinError } from '../../src/errors.js'
import { defaultLimits } from '../../src/wire/limits.js'
import { MsgpackCodec } from '../../src/wire/msgpack-codec.js'

const codec = new MsgpackCodec()

function refusal(value: unknown, over = codec): SkeinError {
  const before = new Uint8Array(1)
  const attachments = [before]
  try {
    over.encode(value, attachments, 'peer')
  } catch (error) {
    expect(attachments).toEqual([before])
    if (error instanceof SkeinError) return error
    throw error
  }
  throw new Error('was not refused')
}

function nest(depth: number): unknown {
  let value: unknown = 1
  for (let i = 0; i < depth; i++) value = i % 2 === 0 ? [value] : { a: value }
  return value
}

class User {
  constructor(readonly name: string) {}
}
const cyclic: Record<string, unknown> = { list: [] }
cyclic.list = [1, cyclic]
const inherited: unknown = Object.create({ a: 1 })

describe('A value that cannot be sent is refused with the path of the culprit', () => {
  test.each<[what: string, value: unknown, path: string, message: RegExp]>([
    ['a function', [{ user: { onClick() {} } }], '[0].user.onClick', /is function onClick/],
    ['a function alone', () => {}, '', /^the value is function/],
    ['a class', { Type: User }, 'Type', /is function User/],
    ['a symbol', { s: Symbol('x') }, 's', /send a string/],
    ['a class instance', [1, new User('ada')], '[1]', /an instance of User.*a plain object/],
    ['an object with a prototype that is an object', { x: inherited }, 'x', /an object/],
    ['a WeakMap', { w: new WeakMap() }, 'w', /WeakMap/],
    ['a Promise', { p: Promise.resolve() }, 'p', /await it first/],
    ['a boxed number', [Object(1)], '[0]', /instance of Number/],
    ['a SharedArrayBuffer', { s: new SharedArrayBuffer(8) }, 's', /send a copy/],
    ['a view of one', { s: new Uint8Array(new SharedArrayBuffer(8)) }, 's', /send a copy, `x\.slice\(\)`/],
    [
      'a Buffer of one',
      { s: Buffer.from(new SharedArrayBuffer(8)) },
      's',
      /send a copy, `Buffer\.from\(x\)`/,
    ],
    [
      'a DataView of one',
      { s: new DataView(new SharedArrayBuffer(8)) },
      's',
      /`new Uint8Array\(x\.buffer\)\.slice\(\)`/,
    ],
    ['a cycle', { a: cyclic }, 'a.list[1]', /cycle/],
    ['an own key __proto__', { a: JSON.parse('{"__proto__": 1}') }, 'a.__proto__', /key/],
    ['a key with a lone surrogate', { a: { '\ud800': 1 } }, 'a["\\ud800"]', /lone surrogate/],
    ['what lies in a Map', { m: new Map([['k', () => {}]]) }, "m.get('k')", /function/],
    [
      'the key of a Map',
      new Map<unknown, unknown>([
        [1, 1],
        [() => {}, 2],
      ]),
      '.keys()[1]'.slice(1),
      /function/,
    ],
    ['what lies in a Set', [new Set([1, Symbol('x')])], '[0].values()[1]', /symbol/],
    [
      'what lies under a key that is no identifier',
      { 'a-b': { 'c d': Symbol('x') } },
      '["a-b"]["c d"]',
      /symbol/,
    ],
  ])('%s', (_, value, path, message) => {
    const error = refusal(value)
    expect(error).toMatchObject({ code: 'ERR_NOT_SERIALISABLE', path })
    expect(error.message).toMatch(message)
    expect(error.message.startsWith(path)).toBe(true)
  })

  test.each<[what: string, make: (buffer: ArrayBuffer) => unknown]>([
    ['an ArrayBuffer', (buffer) => buffer],
    ['a Buffer', (buffer) => Buffer.from(buffer)],
    ['a Uint8Array', (buffer) => new Uint8Array(buffer)],
    ['a typed array', (buffer) => new Float64Array(buffer, 8)],
    ['a DataView', (buffer) => new DataView(buffer, 8)],
    ['a large one', () => undefined],
  ])('a binary that was transferred: %s', (_, make) => {
    const buffer = new ArrayBuffer(16)
    const large = new ArrayBuffer(8192)
    const binary = make(buffer) ?? new Uint8Array(large)
    structuredClone([buffer, large], { transfer: [buffer, large] })
    expect(refusal([{ binary }]).message).toMatch(/^\[0\]\.binary is detached: /)
    expect(refusal([{ binary }, new Date()])).toMatchObject({
      code: 'ERR_NOT_SERIALISABLE',
      path: '[0].binary',
    })
  })

  test.each<[what: string, make: (buffer: ArrayBuffer) => ArrayBufferView]>([
    ['a Uint8Array', (buffer) => new Uint8Array(buffer, 8, 8)],
    ['a typed array', (buffer) => new Float64Array(buffer, 8, 1)],
    ['a DataView', (buffer) => new DataView(buffer, 8, 8)],
  ])('a view of a buffer that has become too small for it: %s', (_, make) => {
    const buffer = new ArrayBuffer(16, { maxByteLength: 16 })
    const view = make(buffer)
    buffer.resize(12)
    expect(refusal([view])).toMatchObject({ code: 'ERR_NOT_SERIALISABLE', path: '[0]' })
    expect(refusal([view]).message).toMatch(/is detached/)
    buffer.resize(16)
    expect(codec.encode([view], [], 'peer')).toHaveLength(11)
  })

  test('a getter that throws, with what it threw', () => {
    const thrown = new Error('no')
    const value = {
      deep: {
        get bad() {
          throw thrown
        },
      },
    }
    expect(refusal(value)).toMatchObject({ path: 'deep.bad', cause: thrown })
  })

  test('a value that is nested too deeply; one that just fits is sent', () => {
    expect(refusal(nest(65))).toMatchObject({ code: 'ERR_NOT_SERIALISABLE', limit: 64, size: 65 })
    const bytes = Uint8Array.from(codec.encode(nest(64), [], 'peer'))
    expect(codec.decode(bytes, [], defaultLimits, 'peer')).toEqual(nest(64))
  })

  test.each<[what: string, leaf: unknown]>([
    ['a list', []],
    ['a record', {}],
    ['a Map', new Map()],
    ['a Set', new Set()],
    ['a RegExp', /x/],
    ['an Error', new Error('x')],
    ['an AggregateError', new AggregateError([], 'x')],
    ['a Date', new Date(0)],
  ])('what is not too deep for its sender is not for its reader: %s', (_, leaf) => {
    let value = leaf
    let sent = 0
    for (let depth = 0; depth < 65; depth++) {
      try {
        const bytes = Uint8Array.from(codec.encode(value, [], 'peer'))
        codec.decode(bytes, [], defaultLimits, 'peer')
        sent += 1
      } catch (error) {
        expect(error).toMatchObject({ code: 'ERR_NOT_SERIALISABLE', limit: 64 })
      }
      value = [value]
    }
    expect(sent).toBeGreaterThan(60)
  })

  test('maps in maps count as much when they are sent as when they arrive', () => {
    const nested = (depth: number) => {
      let value: unknown = 1
      for (let i = 0; i < depth; i++) value = new Map([[1, value]])
      return value
    }
    expect(refusal(nested(33)).limit).toBe(64)
    const bytes = Uint8Array.from(codec.encode(nested(32), [], 'peer'))
    expect(codec.decode(bytes, [], defaultLimits, 'peer')).toEqual(nested(32))
  })

  test('a cycle through a Map, a Set or a list of many', () => {
    const map = new Map<string, unknown>()
    map.set('self', new Set([map]))
    expect(refusal({ map })).toMatchObject({ path: "map.get('self').values()[0]" })
    const wide: unknown[] = []
    for (let i = 0; i < 300_000; i++) wide.push(wide)
    expect(refusal(wide)).toMatchObject({ code: 'ERR_NOT_SERIALISABLE', path: '[0]' })
  })

  test('more values than a reader takes, without walking them all', () => {
    let value: unknown = 1
    for (let i = 0; i < 60; i++) value = [value, value]
    const few = new MsgpackCodec({ limits: { ...defaultLimits, nodes: 20_000 } })
    expect(refusal(value, few)).toMatchObject({ code: 'ERR_TOO_LARGE', limit: 10_000 })
  })

  test('more bytes or binaries than a reader takes', () => {
    const limits = { ...defaultLimits, frameBytes: 10_000, batchBytes: 30_000, frames: 8 }
    const small = new MsgpackCodec({ limits })
    const binary = (bytes: number) => new Uint8Array(bytes)
    expect(refusal({ a: binary(10_001) }, small)).toMatchObject({
      code: 'ERR_TOO_LARGE',
      path: 'a',
      size: 10_001,
    })
    expect(refusal('x'.repeat(6000), small)).toMatchObject({ code: 'ERR_TOO_LARGE', limit: 5000 })
    expect(refusal([binary(9000), binary(9000)], small)).toMatchObject({
      code: 'ERR_TOO_LARGE',
      limit: 15_000,
    })
    expect(
      refusal(
        Array.from({ length: 5 }, () => binary(4096)),
        new MsgpackCodec({ limits: { ...limits, batchBytes: 1e9 } }),
      ),
    ).toMatchObject({ limit: 4 })
  })

  test('and no attachment is left behind', () => {
    const attachments: Uint8Array[] = []
    expect(() => codec.encode([new Uint8Array(5000), () => {}], attachments, 'peer')).toThrow()
    expect(attachments).toHaveLength(0)
  })
})
