import { Readable } from 'node:stream'
import { describe, expect, test } from '@jest/globals'
import type { RemoteReferences, RemoteStreams } from '../../src/wire/codec.js'
import { defaultLimits } from '../../src/wire/limits.js'
import { MsgpackCodec } from '../../src/wire/msgpack-codec.js'

/** Hands out numbers, and remembers for what. */
class Table implements RemoteStreams {
  offered: unknown[] = []
  readonly log: string[] = []

  begin(): void {
    this.log.push('begin')
    this.offered = []
  }

  mark(): number {
    return this.offered.length
  }

  rollback(mark: number): void {
    this.log.push(`rollback ${mark}`)
    this.offered.length = mark
  }

  offer(source: object): number {
    return this.offered.push(source)
  }

  import(stream: number, peer: string): unknown {
    return { stream, peer }
  }
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}

function send(value: unknown, streams: RemoteStreams, references?: RemoteReferences): unknown {
  const codec = new MsgpackCodec({ streams, references })
  const bytes = Uint8Array.from(codec.encode(value, [], 'peer'))
  return codec.decode(bytes, [], defaultLimits, 'peer')
}

async function* later() {
  yield 1
}
function* now() {
  yield 1
}
const literal = { [Symbol.asyncIterator]: later }

describe('What is iterated later', () => {
  test.each<[string, object]>([
    ['an async generator', later()],
    ['a generator', now()],
    ['an object that is async iterable', literal],
    ['a Readable of Node', Readable.from(['x'])],
    ['a ReadableStream of the web', new ReadableStream()],
  ])('travels as a stream: %s', (_, source) => {
    const table = new Table()
    expect(send({ x: [source] }, table)).toEqual({ x: [{ stream: 1, peer: 'peer' }] })
    expect(table.offered.map((offered) => offered === source)).toEqual([true])
  })

  test('has a number of its own wherever it is', () => {
    const source = later()
    const value = { a: source, b: new Map([['k', new Set([now()])]]), c: new Error('e', { cause: source }) }
    const arrived = send(value, new Table())
    expect(arrived).toMatchObject({
      a: { stream: 1 },
      b: new Map([['k', new Set([{ stream: 2, peer: 'peer' }])]]),
      c: { cause: { stream: 3 } },
    })
  })

  test('is a reference first, if it is one', () => {
    const source = literal[Symbol.asyncIterator]()
    const references = { export: (value: object) => (value === source ? 'ref' : undefined), import: String }
    const table = new Table()
    expect(send([source, now()], table, references)).toEqual(['ref', { stream: 1, peer: 'peer' }])
  })

  test('is no list, Map, Set or binary, nor anything whose asyncIterator is no method', () => {
    const table = new Table()
    const data = [[1], new Map([[1, 2]]), new Set([1]), new Uint8Array(2), { [Symbol.asyncIterator]: 1 }]
    expect(send(data, table)).toEqual([[1], new Map([[1, 2]]), new Set([1]), new Uint8Array(2), {}])
    expect(table.offered).toEqual([])
  })

  test('is refused by a codec without streams, in both directions', () => {
    const codec = new MsgpackCodec()
    expect(() => codec.encode({ x: now() }, [], 'peer')).toThrow(
      expect.objectContaining({ code: 'ERR_NOT_SERIALISABLE', path: 'x' }),
    )
    const bytes = Uint8Array.from(new MsgpackCodec({ streams: new Table() }).encode(now(), [], 'peer'))
    expect(() => codec.decode(bytes, [], defaultLimits, 'peer')).toThrow(
      expect.objectContaining({ code: 'ERR_PROTOCOL' }),
    )
  })
})

describe('The number of a stream', () => {
  function withNumber(number: number): MsgpackCodec {
    return new MsgpackCodec({ streams: { offer: () => number, import: (stream) => stream } })
  }

  test('is an unsigned integer of 64 bits', () => {
    expect(hex(withNumber(1).encode(now(), [], 'peer'))).toBe('d70b0000000000000001')
    const largest = withNumber(Number.MAX_SAFE_INTEGER)
    const bytes = Uint8Array.from(largest.encode(now(), [], 'peer'))
    expect(hex(bytes)).toBe('d70b001fffffffffffff')
    expect(largest.decode(bytes, [], defaultLimits, 'peer')).toBe(Number.MAX_SAFE_INTEGER)
  })

  test.each([
    ['d70b0020000000000000', 'beyond 2^53 - 1'],
    ['d60b00000001', 'of four bytes'],
    ['c7090b000000000000000001', 'of nine'],
  ])('%s is refused: it is %s', (text) => {
    const decode = () => withNumber(1).decode(Buffer.from(text, 'hex'), [], defaultLimits, 'peer')
    expect(decode).toThrow(expect.objectContaining({ code: 'ERR_PROTOCOL' }))
  })
})

describe('What was handed out for a value', () => {
  test('is taken back if the value cannot be sent', () => {
    const table = new Table()
    const codec = new MsgpackCodec({ streams: table })
    expect(() => codec.encode([now(), later(), { f() {} }], [], 'peer')).toThrow()
    expect(table.log).toEqual(['begin', 'rollback 0'])
    expect(table.offered).toEqual([])
  })

  test('is taken back if the value is too large', () => {
    const table = new Table()
    const codec = new MsgpackCodec({ streams: table, limits: { ...defaultLimits, frameBytes: 64 } })
    expect(() => codec.encode([now(), 'x'.repeat(100)], [], 'peer')).toThrow()
    expect(table.log).toEqual(['begin', 'rollback 0'])
  })

  test('is taken back alone where a part of an error is left out', () => {
    const table = new Table()
    const [kept, left] = [now(), now()]
    const error = Object.assign(new Error('e'), { detail: [left, () => {}] })
    expect(send([kept, error], table)).toMatchObject([{ stream: 1 }, { message: 'e' }])
    expect(table.offered.map((offered) => offered === kept)).toEqual([true])
  })

  test('has left when the next value is encoded, be that a plain one', () => {
    const table = new Table()
    const codec = new MsgpackCodec({ streams: table })
    codec.encode([now()], [], 'peer')
    expect(table.mark()).toBe(1)
    codec.encode([1, 'plain'], [], 'peer')
    expect(table.mark()).toBe(0)
  })

  test('is told of references, too, and survives an encoding in between that fails', () => {
    const log: string[] = []
    let exported = 0
    const codec: MsgpackCodec = new MsgpackCodec({
      references: {
        begin: () => void log.push('begin'),
        mark: () => exported,
        rollback: (mark) => void log.push(`rollback ${mark}`),
        export() {
          exported += 1
          if (exported === 1) expect(() => codec.encode(Symbol('x'), [], 'other')).toThrow()
          return 'ref'
        },
        import: String,
      },
    })
    codec.encode([() => {}, () => {}], [], 'peer')
    expect(log).toEqual(['begin', 'rollback 1'])
    log.length = 0
    expect(() => codec.encode([() => {}, Symbol('x')], [], 'peer')).toThrow()
    expect(log).toEqual(['begin', 'rollback 0'])
  })
})
