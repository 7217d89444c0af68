import fc from 'fast-check'
import { Kind, type Message } from '../../src/wire/message.js'

/** Sizes around those at which a binary changes its form. */
const sizes = fc.oneof(fc.constantFrom(0, 1, 2, 4, 8, 16, 255, 256, 4095, 4096, 4097), fc.nat(40))

/** Bytes that begin anywhere in their buffer, so that what lies on them is aligned or not. */
const bytes = fc.tuple(sizes, fc.nat(9), fc.nat(255)).map(([size, offset, seed]) => {
  const array = new Uint8Array(new ArrayBuffer(size + offset), offset, size)
  for (let i = 0; i < size; i++) array[i] = seed + i * 7
  return array
})

const typed = [
  Int8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
] as const

/** A typed array in the middle of its buffer, as far as its alignment goes. */
const typedArrays = fc
  .tuple(fc.constantFrom(...typed), fc.oneof(fc.nat(20), fc.constantFrom(511, 512, 1024, 4096)), fc.nat(3))
  .map(([Type, length, gap]) => {
    const width = Type.BYTES_PER_ELEMENT
    const array = new Type(new ArrayBuffer((length + gap) * width), gap * width, length)
    new Uint8Array(array.buffer).forEach((_, i, all) => {
      all[i] = (i * 37) % 64
    })
    return array
  })

export const binaries: fc.Arbitrary<ArrayBuffer | ArrayBufferView> = fc.oneof(
  bytes,
  bytes.map((b) => Buffer.from(b.buffer, b.byteOffset, b.byteLength)),
  bytes.map((b) => b.buffer.slice(b.byteOffset)),
  bytes.map((b) => new DataView(b.buffer, b.byteOffset, b.byteLength)),
  typedArrays,
)

/** Any string of code points: what fast-check's `binary` gives, without the tables that it makes first, for a second. */
export const codePoints = fc.string({
  unit: fc
    .oneof(fc.integer({ max: 0xd7ff, min: 0 }), fc.integer({ max: 0x10ffff, min: 0xe000 }))
    .map((point) => String.fromCodePoint(point)),
})

/** Any string of UTF-16 units, lone surrogates included. */
const strings = fc.oneof(
  fc.string(),
  codePoints,
  fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)) }),
)

const keys = fc.oneof(fc.string(), codePoints).filter((key) => key !== '__proto__')

const scalars = fc.oneof(
  fc.constantFrom(
    undefined,
    null,
    true,
    false,
    -0,
    0,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    2 ** 53,
    -(2 ** 63),
  ),
  fc.integer(),
  fc.maxSafeInteger(),
  fc.double(),
  fc.bigInt(),
  strings,
  fc.date({ noInvalidDate: true }), // jest takes no invalid date for equal to another
  fc.constantFrom(/a/, /[^\]/]+/giu, /(?<year>\d{4})/dsy, /\ud800/, /\//),
  binaries,
)

/** Every value that can be sent, except errors, which compare by name and message alone. */
export const values: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    scalars,
    fc.array(tie('value'), { maxLength: 6 }),
    fc.dictionary(keys, tie('value'), { maxKeys: 6, noNullPrototype: true }),
    fc.array(fc.tuple(tie('value'), tie('value')), { maxLength: 4 }).map((entries) => new Map(entries)),
    fc.array(tie('value'), { maxLength: 4 }).map((items) => new Set(items)),
  ),
})).value

const ids = fc.maxSafeInteger().map(Math.abs)
const names = fc.string({ maxLength: 128 })
const secrets = fc.uint8Array({ minLength: 16, maxLength: 16 })
const timeLeft = fc.option(fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }).map((ms) => ms + 0))
const args = fc.array(fc.jsonValue({ maxDepth: 2 }).filter(hasNoProto), { maxLength: 3 })
const any = fc.constantFrom<unknown>(undefined, null, 1, 'text', [1, 'b'], { a: undefined })
const entries = fc.record(
  {
    uid: names,
    instance: names,
    endpoints: fc.array(fc.string(), { maxLength: 16 }),
    roles: fc.array(names, { maxLength: 4 }),
    host: names,
    process: names,
  },
  { noNullPrototype: true },
)

/** Every message of version 1. */
export const messages: fc.Arbitrary<Message> = fc.oneof(
  messageOf(Kind.hand, {
    from: entries,
    meshToken: names,
    toUid: fc.option(names),
    to: fc.option(names),
    nonce: secrets,
    token: secrets,
    attempt: ids,
    session: ids,
    taken: ids,
  }),
  messageOf(Kind.shake, {
    from: entries,
    answers: secrets,
    token: secrets,
    attempt: ids,
    session: ids,
    taken: ids,
    network: fc.array(entries, { maxLength: 3 }),
    refused: fc.option(fc.record({ code: names, message: names }, { noNullPrototype: true })),
  }),
  messageOf(Kind.heart, { n: ids }),
  messageOf(Kind.beat, { n: ids, lag: fc.nat(), running: ids, queued: ids, sent: ids, taken: ids }),
  messageOf(Kind.connect, { entry: entries }),
  messageOf(Kind.disconnect, { uid: names, instance: names, reason: names }),
  messageOf(Kind.stop, {}),
  messageOf(Kind.call, { id: ids, service: names, method: names, args, timeLeft }),
  messageOf(Kind.cmd, { id: ids, type: names, object: names, method: names, args, timeLeft }),
  messageOf(Kind.reply, { id: ids, value: any }),
  messageOf(Kind.raise, { id: ids, error: any }),
  messageOf(Kind.cancel, { id: ids, reason: names }),
  messageOf(Kind.next, { stream: ids, items: args }),
  messageOf(Kind.credit, { stream: ids, n: ids }),
  messageOf(Kind.end, { stream: ids, value: any }),
  messageOf(Kind.close, { stream: ids, reason: names }),
  messageOf(Kind.fail, { stream: ids, error: any }),
  messageOf(Kind.ask, { n: ids, uid: names, instance: names }),
  messageOf(Kind.tell, {
    n: ids,
    uid: names,
    instance: names,
    verdict: fc.constantFrom('reached', 'lost', 'unknown'),
  }),
)

type Fields<M extends Message> = {
  [F in Exclude<keyof M, 'kind' | 'unreadable' | 'encoded' | 'uncopied'>]: fc.Arbitrary<M[F]>
}

function messageOf<K extends Kind>(
  kind: K,
  fields: Fields<Extract<Message, { kind: K }>>,
): fc.Arbitrary<Message> {
  return fc.record({ kind: fc.constant(kind), ...fields }, { noNullPrototype: true }) as fc.Arbitrary<Message>
}

function hasNoProto(value: unknown): boolean {
  return !JSON.stringify(value).includes('__proto__') && !JSON.stringify(value).includes('-0')
}
