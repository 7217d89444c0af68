import { isTypedArray, isUint8Array } from 'node:util/types'
import { Extension } from './extension.js'
import { malformed } from './malformed.js'

/** Binaries of this many bytes or more travel as attachments, uncopied. `docs/protocol.md`, Attachments. */
export const ATTACHMENT_BYTES = 4096

interface ViewConstructor {
  readonly name: string
  /** DataView has none. */
  readonly BYTES_PER_ELEMENT?: number
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): ArrayBufferView
}

/** Without Buffer and ArrayBuffer, which are made in their own ways. */
const views = new Map<number, ViewConstructor>([
  [Extension.uint8Array, Uint8Array],
  [Extension.dataView, DataView],
  [Extension.int8Array, Int8Array],
  [Extension.uint8ClampedArray, Uint8ClampedArray],
  [Extension.int16Array, Int16Array],
  [Extension.uint16Array, Uint16Array],
  [Extension.int32Array, Int32Array],
  [Extension.uint32Array, Uint32Array],
  [Extension.float32Array, Float32Array],
  [Extension.float64Array, Float64Array],
  [Extension.bigInt64Array, BigInt64Array],
  [Extension.bigUint64Array, BigUint64Array],
])

const typeByName = new Map([...views].map(([type, View]) => [View.name, type]))

/** %TypedArray%'s own accessor: tells the kind of a typed array of any realm and subclass. */
const typedArrayName = Object.getOwnPropertyDescriptor(
  Object.getPrototypeOf(Uint8Array.prototype),
  Symbol.toStringTag,
)?.get

/** Undefined for a kind of typed array that version 1 doesn't have. */
export function typeOfBinary(binary: ArrayBuffer | ArrayBufferView): number | undefined {
  if (Buffer.isBuffer(binary)) return Extension.buffer
  if (!ArrayBuffer.isView(binary)) return Extension.arrayBuffer
  return typeByName.get(typedArrayName?.call(binary) ?? 'DataView')
}

/**
 * Whether its memory is gone: it was transferred, or its buffer was made smaller. Such a typed array seems to be empty
 * until it is used, all else throws.
 */
export function isDetached(binary: ArrayBuffer | ArrayBufferView): boolean {
  try {
    if (isTypedArray(binary)) Uint8Array.prototype.keys.call(binary)
    else bytesOfBinary(binary)
    return false
  } catch {
    return true
  }
}

/** The bytes of a binary where they lie, not copied. Throws or gives none if it is detached. */
export function bytesOfBinary(binary: ArrayBuffer | ArrayBufferView): Uint8Array {
  if (isUint8Array(binary)) return binary
  return ArrayBuffer.isView(binary)
    ? new Uint8Array(binary.buffer, binary.byteOffset, binary.byteLength)
    : new Uint8Array(binary)
}

/**
 * The binary of an extension type. One of 4 KiB or more is a view of `bytes` where its alignment allows; a smaller one
 * is a copy, so that it neither keeps a batch in memory nor shows the rest of it.
 */
export function toBinary(type: number, bytes: Uint8Array): ArrayBuffer | ArrayBufferView {
  if (type === Extension.arrayBuffer) return toArrayBuffer(bytes)
  const View = views.get(type)
  if (View === undefined && type !== Extension.buffer) throw malformed(`extension type ${type} is no binary`)
  const elementBytes = View?.BYTES_PER_ELEMENT ?? 1
  if (bytes.length % elementBytes !== 0) {
    throw malformed(`${bytes.length} bytes are no ${View?.name}, whose elements have ${elementBytes}`)
  }
  const viewed = bytes.length >= ATTACHMENT_BYTES && bytes.byteOffset % elementBytes === 0
  const { buffer, byteOffset, length } = viewed ? bytes : copyOf(bytes)
  return View === undefined
    ? Buffer.from(buffer, byteOffset, length)
    : new View(buffer, byteOffset, length / elementBytes)
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
