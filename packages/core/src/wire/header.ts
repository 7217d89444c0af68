import { malformed } from './malformed.js'
import { asBuffer } from './scalar.js'

/** The first byte of every batch. */
export const WIRE_VERSION = 1

export const TOKEN_BYTES = 16

/** Goes before a hand or a shake, which nobody has given a token for. */
export const NO_TOKEN: Uint8Array = new Uint8Array(TOKEN_BYTES)

/** Version, token, an array of 4, seq, ack and admitted in 9 bytes each, an array of messages in 5. */
export const HEADER_BYTES = 1 + TOKEN_BYTES + 1 + 9 + 9 + 9 + 5

/** The numbers of a batch. */
export interface Numbers {
  /** Of the batch itself, or 0 if it has none. */
  readonly seq: number
  /** Of the last batch taken from the other side. */
  readonly ack: number
  /** Of the last batch from the other side up to which all requests have started. */
  readonly admitted: number
}

/** Of a batch that belongs to no session. */
export const NO_NUMBERS: Numbers = { seq: 0, ack: 0, admitted: 0 }

export interface Header extends Numbers {
  /** How many messages are said to follow. */
  readonly messages: number
  /** Where the array of messages begins. */
  readonly offset: number
}

/** What a batch says of its sender, before anything of it is decoded. */
export type TokenReading =
  | { readonly kind: 'token'; readonly token: string }
  | { readonly kind: 'unreadable'; readonly reason: 'empty' | 'short' | 'version' }

/** The token of a batch, by its first frame, as `tokenKey` writes it. */
export function tokenOf(frame: Uint8Array | undefined): TokenReading {
  if (frame === undefined || frame.length === 0) return { kind: 'unreadable', reason: 'empty' }
  if (frame[0] !== WIRE_VERSION) return { kind: 'unreadable', reason: 'version' }
  if (frame.length < 1 + TOKEN_BYTES) return { kind: 'unreadable', reason: 'short' }
  return { kind: 'token', token: latin1(frame, 1) }
}

/** A token as a string, one character per byte: the key of a Map. */
export function tokenKey(token: Uint8Array): string {
  return latin1(token, 0)
}

/** `NO_TOKEN` as `tokenKey` writes it. */
export const NO_TOKEN_KEY = tokenKey(NO_TOKEN)

/** Fills the first `HEADER_BYTES` of a frame. Widths are fixed, so that the room can be left before the numbers are known. */
export function writeHeader(frame: Buffer, token: Uint8Array, numbers: Numbers, messages: number): void {
  if (token.length !== TOKEN_BYTES) {
    throw new RangeError(`a token has ${TOKEN_BYTES} bytes, not ${token.length}`)
  }
  frame[0] = WIRE_VERSION
  frame.set(token, 1)
  frame[17] = 0x94
  writeUint64(frame, 18, numbers.seq)
  writeUint64(frame, 27, numbers.ack)
  writeUint64(frame, 36, numbers.admitted)
  frame[45] = 0xdd
  frame.writeUInt32BE(messages, 46)
}

/**
 * Reads the header of a batch whose token is known, in any encoding that MessagePack has for its numbers.
 *
 * @throws ERR_PROTOCOL
 */
export function readHeader(frame: Uint8Array): Header {
  const reader = new HeaderReader(frame, 1 + TOKEN_BYTES)
  if (reader.arrayLength() !== 4) throw malformed('a batch is not an array of 4')
  const seq = reader.integer('seq')
  const ack = reader.integer('ack')
  const admitted = reader.integer('admitted')
  const offset = reader.offset
  return { seq, ack, admitted, offset, messages: reader.arrayLength() }
}

class HeaderReader {
  readonly #frame: Uint8Array
  offset: number

  constructor(frame: Uint8Array, offset: number) {
    this.#frame = frame
    this.offset = offset
  }

  arrayLength(): number {
    const head = this.#uint(1)
    if (head >= 0x90 && head < 0xa0) return head & 0x0f
    if (head === 0xdc) return this.#uint(2)
    if (head === 0xdd) return this.#uint(4)
    throw malformed('the header of a batch has no array where one belongs')
  }

  integer(name: string): number {
    const head = this.#uint(1)
    if (head < 0x80) return head
    // uint 8 to 64 and int 8 to 64; of the latter only what is positive passes.
    const width =
      head >= 0xcc && head <= 0xcf
        ? 1 << (head - 0xcc)
        : head >= 0xd0 && head <= 0xd3
          ? 1 << (head - 0xd0)
          : 0
    const value = width === 0 ? Number.NaN : this.#uint(width)
    const negative = head >= 0xd0 && value >= 2 ** (8 * width - 1)
    if (!Number.isSafeInteger(value) || negative) {
      throw malformed(`${name} of a batch is no integer from 0 to 2^53 - 1`)
    }
    return value
  }

  #uint(width: number): number {
    const from = this.offset
    const to = from + width
    if (to > this.#frame.length) throw malformed('a batch ends within its header')
    this.offset = to
    let value = 0
    for (let i = from; i < to; i++) value = value * 256 + (this.#frame[i] ?? 0)
    return value
  }
}

function writeUint64(frame: Buffer, at: number, value: number): void {
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`${value} is not the number of a batch`)
  frame[at] = 0xcf
  frame.writeUInt32BE(Math.floor(value / 2 ** 32), at + 1)
  frame.writeUInt32BE(value % 2 ** 32, at + 5)
}

function latin1(bytes: Uint8Array, at: number): string {
  return asBuffer(bytes).toString('latin1', at, at + TOKEN_BYTES)
}
