import { isUint8Array } from 'node:util/types'
import { Extension } from './extension.js'
import { malformed } from './malformed.js'

/** Binaries of this many bytes or more travel as attachments, uncopied. `docs/protocol.md`, Attachments. */
export const ATTACHMENT_BYTES = 4096

interface Kind {
  readonly type: Extension
  readonly name: string
  readonly elementBytes: number
  /** Makes one over a part of a buffer, aligned to `elementBytes`; `length` counts elements. */
  over(buffer: ArrayBufferLike, offset: number, length: number): ArrayBufferView
}

const kinds: readonly Kind[] = [
  { type: Extension.buffer, name: 'Buffer', elementBytes: 1, over: (b, o, n) => Buffer.from(b, o, n) },
  {
    type: Extension.uint8Array,
    name: 'Uint8Array',
    elementBytes: 1,
    over: (b, o, n) => new Uint8Array(b, o, n),
  },
  { type: Extension.dataView, name: 'DataView', elementBytes: 1, over: (b, o, n) => new DataView(b, o, n) },
  {
    type: Extension.int8Array,
    name: 'Int8Array',
    elementBytes: 1,
    over: (b, o, n) => new Int8Array(b, o, n),
  },
  {
    type: Extension.uint8ClampedArray,
    name: 'Uint8ClampedArray',
    elementBytes: 1,
    over: (b, o, n) => new Uint8ClampedArray(b, o, n),
  },
  {
    type: Extension.int16Array,
    name: 'Int16Array',
    elementBytes: 2,
    over: (b, o, n) => new Int16Array(b, o, n),
  },
  {
    type: Extension.uint16Array,
    name: 'Uint16Array',
    elementBytes: 2,
    over: (b, o, n) => new Uint16Array(b, o, n),
  },
  {
    type: Extension.int32Array,
    name: 'Int32Array',
    elementBytes: 4,
    over: (b, o, n) => new Int32Array(b, o, n),
  },
  {
    type: Extension.uint32Array,
    name: 'Uint32Array',
    elementBytes: 4,
    over: (b, o, n) => new Uint32Array(b, o, n),
  },
  {
    type: Extension.float32Array,
    name: 'Float32Array',
    elementBytes: 4,
    over: (b, o, n) => new Float32Array(b, o, n),
  },
  {
    type: Extension.float64Array,
    name: 'Float64Array',
    elementBytes: 8,
    over: (b, o, n) => new Float64Array(b, o, n),
  },
  {
    type: Extension.bigInt64Array,
    name: 'BigInt64Array',
    elementBytes: 8,
    over: (b, o, n) => new BigInt64Array(b, o, n),
  },
  {
    type: Extension.bigUint64Array,
    name: 'BigUint64Array',
    elementBytes: 8,
    over: (b, o, n) => new BigUint64Array(b, o, n),
  },
]

const typeByName = new Map(kinds.map(({ name, type }) => [name, type]))
const kindByType = new Map(kinds.map((kind) => [kind.type as number, kind]))

/** %TypedArray%'s own accessor: tells the kind of a typed array of any realm and subclass. */
const typedArrayName = Object.getOwnPropertyDescriptor(
  Object.getPrototypeOf(Uint8Array.prototype),
  Symbol.toStringTag,
)?.get

/** The extension type for a view, or undefined for one that version 1 doesn't have. */
export function typeOfView(view: ArrayBufferView): Extension | undefined {
  if (Buffer.isBuffer(view)) return Extension.buffer
  return typeByName.get(typedArrayName?.call(view) ?? 'DataView')
}

/** The bytes of a view, uncopied. */
export function bytesOf(view: ArrayBufferView): Uint8Array {
  return isUint8Array(view) ? view : new Uint8Array(view.buffer, view.byteOffset, view.byteLength)
}

/** Whether an extension type is a binary. */
export function isBinary(type: number): boolean {
  return type === Extension.arrayBuffer || kindByType.has(type)
}

/**
 * The binary of an extension type. One of 4 KiB or more is a view of `bytes` where its alignment allows; a smaller one
 * is a copy, so that it neither keeps a batch in memory nor shows the rest of it.
 */
export function toBinary(type: number, bytes: Uint8Array): ArrayBuffer | ArrayBufferView {
  if (type === Extension.arrayBuffer) return toArrayBuffer(bytes)
  const kind = kindByType.get(type)
  if (kind === undefined) throw malformed(`extension type ${type} is not a binary`)
  const { elementBytes, name } = kind
  if (bytes.length % elementBytes !== 0) {
    throw malformed(`${bytes.length} bytes are no ${name}, whose elements have ${elementBytes}`)
  }
  const viewed = bytes.length >= ATTACHMENT_BYTES && bytes.byteOffset % elementBytes === 0
  const source = viewed ? bytes : copyOf(bytes)
  return kind.over(source.buffer, source.byteOffset, source.length / elementBytes)
}

function toArrayBuffer(bytes: Uint8Array): ArrayBuffer {
  const { buffer } = bytes
  const whole = bytes.length >= ATTACHMENT_BYTES && bytes.length === buffer.byteLength
  return whole && buffer instanceof ArrayBuffer ? buffer : copyOf(bytes).buffer
}

/** A copy with a buffer of its own: `slice` of a Buffer would be a view. */
function copyOf(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes)
}
