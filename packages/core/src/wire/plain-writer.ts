/// <reference lib="es2024.string" />
import { Buffer } from 'node:buffer'
import { isArrayBuffer, isSharedArrayBuffer } from 'node:util/types'
import { ATTACHMENT_REFERENCE_BYTES } from './attachment.js'
import { ATTACHMENT_BYTES, bytesOfBinary, isDetached, typeOfBinary } from './binary.js'
import { EncodedList } from './encoded-list.js'
import { Extension } from './extension.js'
import type { Limits } from './limits.js'
import { HEAD_BYTES, writeAttached, writeInline } from './plain-binary.js'

const INITIAL_BYTES = 2048

/** After a value of more bytes, the buffer is let go: it would keep that much memory. */
const LARGE = 1024 ** 2

/** Strings of at most so many characters are written one by one: a call into the runtime takes longer. */
const SHORT = 48

/**
 * Writes MessagePack of what nearly all messages are made of: plain records, lists, strings, numbers, booleans, null,
 * undefined, and binaries. It gives up on anything else, and on whatever is refused: that is for `Lowering` and the
 * library, which have words for it. What both can write, they write alike.
 */
export class PlainWriter {
  readonly #depthLimit: number
  readonly #nodeLimit: number
  readonly #frameBytes: number
  readonly #initialBytes: number
  #attachments: Uint8Array[] | undefined
  #buffer: Buffer
  #length = 0
  #nodes = 0
  #writing = false

  /** @param initialBytes of its buffer, which grows */
  constructor(
    { depth, nodes, frameBytes }: Pick<Limits, 'depth' | 'nodes' | 'frameBytes'>,
    initialBytes = INITIAL_BYTES,
  ) {
    this.#frameBytes = frameBytes
    this.#initialBytes = initialBytes
    this.#buffer = Buffer.allocUnsafe(initialBytes)
    this.#depthLimit = depth
    // As for lowering: half of what the reader takes in a batch.
    this.#nodeLimit = nodes / 2
  }

  /** What is written, valid until something else is. */
  get bytes(): Uint8Array {
    // Not `subarray`, which takes Node several times as long.
    const { buffer, byteOffset } = this.#buffer
    return new Uint8Array(buffer, byteOffset, this.#length)
  }

  get length(): number {
    return this.#length
  }

  /** Values that are written, those in others included. */
  get nodes(): number {
    return this.#nodes
  }

  /**
   * The bytes of a value in place of all that was written before, or undefined if it is not for this writer.
   *
   * @param attachments receives binaries of 4 KiB or more; some may be there also if it gives up
   */
  write(value: unknown, attachments: Uint8Array[]): Uint8Array | undefined {
    // A getter of the value may come back here.
    if (this.#writing) return undefined
    this.clear()
    const bytes = this.#append(value, 1, attachments) ? this.bytes : undefined
    this.#letGo()
    return bytes
  }

  /**
   * Writes a value behind what is there, or nothing, and gives false: also if it holds binaries of 4 KiB or more.
   *
   * @param depth of the value, if it is a container
   * @param mostBytes of all that is written then
   */
  add(value: unknown, depth: number, mostBytes: number): boolean {
    if (this.#writing) return false
    const [length, nodes] = [this.#length, this.#nodes]
    const fits = this.#append(value, depth, undefined) && this.#nodes <= this.#nodeLimit
    if (fits && this.#length <= mostBytes) return true
    this.#length = length
    this.#nodes = nodes
    return false
  }

  clear(): void {
    this.#length = 0
    this.#nodes = 0
    this.#letGo()
  }

  #append(value: unknown, depth: number, attachments: Uint8Array[] | undefined): boolean {
    this.#writing = true
    this.#attachments = attachments
    this.#nodes += 1
    try {
      return this.#put(value, depth)
    } catch {
      return false // a getter has thrown: lowering says where
    } finally {
      this.#writing = false
      this.#attachments = undefined // they would keep large binaries in memory
    }
  }

  #letGo(): void {
    if (this.#buffer.length > LARGE) this.#buffer = Buffer.allocUnsafe(this.#initialBytes)
  }

  /** Each gives whether it could be written. `depth` is that of the value itself, if it is a container. */
  #put(value: unknown, depth: number): boolean {
    switch (typeof value) {
      case 'string':
        return this.#string(value)
      case 'number':
        return this.#number(value)
      case 'boolean':
        return this.#byte(value ? 0xc3 : 0xc2)
      case 'undefined':
        return this.#extension(Extension.undefined)
      case 'object':
        if (value === null) return this.#byte(0xc0)
        if (Array.isArray(value)) return this.#array(value, depth)
        return this.#record(value, depth)
      default:
        return false
    }
  }

  #array(array: readonly unknown[], depth: number): boolean {
    const { length } = array
    if (Object.getPrototypeOf(array) !== Array.prototype || !this.#enter(depth, length)) return false
    this.#head(length, 0x90, 0xdc)
    for (let i = 0; i < length; i++) if (!this.#put(array[i], depth + 1)) return false
    return true
  }

  #record(record: object, depth: number): boolean {
    if (!isRecord(record)) return this.#binary(record, depth)
    const keys = Object.keys(record)
    const { length } = keys
    if (!this.#enter(depth, 2 * length)) return false
    this.#head(length, 0x80, 0xde)
    for (let i = 0; i < length; i++) {
      const key = keys[i] ?? ''
      if (key === '__proto__' || !this.#string(key) || !this.#put(record[key], depth + 1)) return false
    }
    return true
  }

  #binary(value: object, depth: number): boolean {
    if (!ArrayBuffer.isView(value) && !isArrayBuffer(value)) return this.#encoded(value, depth)
    const type = typeOfBinary(value)
    const bytes = bytesOfBinary(value)
    if (type === undefined || isSharedArrayBuffer(bytes.buffer)) return false
    const { length } = bytes
    if (length === 0 && isDetached(value)) return false
    if (length < ATTACHMENT_BYTES) {
      this.#reserve(HEAD_BYTES + length)
      this.#length = writeInline(this.#buffer, this.#length, type, bytes)
      return true
    }
    if (this.#attachments === undefined || length > this.#frameBytes) return false
    this.#reserve(HEAD_BYTES + ATTACHMENT_REFERENCE_BYTES)
    this.#length = writeAttached(this.#buffer, this.#length, type, this.#attachments.push(bytes) - 1)
    return true
  }

  #encoded(value: object, depth: number): boolean {
    if (!(value instanceof EncodedList) || !this.#enter(depth, value.nodes)) return false
    const { bytes } = value
    this.#head(value.length, 0x90, 0xdc)
    this.#reserve(bytes.length)
    this.#buffer.set(bytes, this.#length)
    this.#length += bytes.length
    return true
  }

  /** Counts a container and what it holds. */
  #enter(depth: number, items: number): boolean {
    this.#nodes += items
    return depth <= this.#depthLimit && this.#nodes <= this.#nodeLimit
  }

  #string(text: string): boolean {
    const { length } = text
    if (length > SHORT) return this.#text(text)
    this.#reserve(2 + length)
    const buffer = this.#buffer
    let at = this.#length
    if (length < 0x20) buffer[at++] = 0xa0 | length
    else {
      buffer[at++] = 0xd9
      buffer[at++] = length
    }
    for (let i = 0; i < length; i++) {
      const unit = text.charCodeAt(i)
      if (unit > 0x7f) return this.#text(text)
      buffer[at++] = unit
    }
    this.#length = at
    return true
  }

  /** A string of any length and of any characters. */
  #text(text: string): boolean {
    if (!text.isWellFormed()) return false
    const bytes = Buffer.byteLength(text)
    this.#reserve(5 + bytes)
    if (bytes < 0x20) this.#byte(0xa0 | bytes)
    else if (bytes < 0x100) this.#bytes(0xd9, bytes, 1)
    else if (bytes < 0x10000) this.#bytes(0xda, bytes, 2)
    else this.#bytes(0xdb, bytes, 4)
    this.#length += this.#buffer.write(text, this.#length, 'utf8')
    return true
  }

  #number(value: number): boolean {
    if (!Number.isSafeInteger(value)) return this.#float(value)
    if (value > 0 || Object.is(value, 0)) {
      if (value < 0x80) return this.#byte(value)
      if (value < 0x100) return this.#bytes(0xcc, value, 1)
      if (value < 0x10000) return this.#bytes(0xcd, value, 2)
      if (value < 0x1_0000_0000) return this.#bytes(0xce, value, 4)
      return this.#bytes(0xcf, value, 8)
    }
    if (value === 0) return this.#extension(Extension.negativeZero)
    if (value >= -0x20) return this.#byte(value & 0xff)
    if (value >= -0x80) return this.#bytes(0xd0, value, 1)
    if (value >= -0x8000) return this.#bytes(0xd1, value, 2)
    if (value >= -0x8000_0000) return this.#bytes(0xd2, value, 4)
    return this.#bytes(0xd3, value, 8)
  }

  #float(value: number): boolean {
    this.#reserve(9)
    this.#buffer[this.#length] = 0xcb
    this.#buffer.writeDoubleBE(value, this.#length + 1)
    this.#length += 9
    return true
  }

  /** The head of a list or record of so many items. @param wide the head of one of up to 65 535 */
  #head(items: number, narrow: number, wide: number): void {
    if (items < 0x10) this.#byte(narrow | items)
    else if (items < 0x10000) this.#bytes(wide, items, 2)
    else this.#bytes(wide + 1, items, 4)
  }

  /** An extension without a payload. */
  #extension(type: number): boolean {
    return this.#bytes(0xc7, type, 2) // no bytes of payload, then the type
  }

  #byte(byte: number): true {
    this.#reserve(1)
    this.#buffer[this.#length++] = byte
    return true
  }

  /** A head, and behind it an integer of 1, 2, 4 or 8 bytes, in the two's complement. */
  #bytes(head: number, value: number, width: number): true {
    this.#reserve(1 + width)
    const buffer = this.#buffer
    let at = this.#length
    buffer[at++] = head
    if (width === 8) {
      const high = Math.floor(value / 2 ** 32)
      for (let shift = 24; shift >= 0; shift -= 8) buffer[at++] = high >> shift
    }
    const low = value >>> 0
    for (let shift = Math.min(width, 4) * 8 - 8; shift >= 0; shift -= 8) buffer[at++] = low >>> shift
    this.#length = at
    return true
  }

  #reserve(bytes: number): void {
    const needed = this.#length + bytes
    if (needed <= this.#buffer.length) return
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, 2 * this.#buffer.length))
    grown.set(this.#buffer.subarray(0, this.#length))
    this.#buffer = grown
  }
}

/** Of this realm, and without a method that makes it a stream. */
function isRecord(value: object): value is Readonly<Record<string, unknown>> {
  const prototype: unknown = Object.getPrototypeOf(value)
  return (prototype === Object.prototype || prototype === null) && !(Symbol.asyncIterator in value)
}
