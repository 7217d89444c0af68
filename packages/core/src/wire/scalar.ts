import { Buffer } from 'node:buffer'
import { malformed } from './malformed.js'

/** One byte of sign, 1 for negative, then the magnitude, most significant byte first, as short as it can be. */
export function bigintToBytes(value: bigint): Uint8Array {
  const digits = (value < 0n ? -value : value).toString(16)
  const sign = value < 0n ? '01' : '00'
  return Buffer.from(sign + (digits.length % 2 === 0 ? digits : `0${digits}`), 'hex')
}

export function bytesToBigint(bytes: Uint8Array): bigint {
  const sign = bytes[0]
  if (bytes.length < 2 || (sign !== 0 && sign !== 1)) throw malformed('a bigint has no sign or no digits')
  const magnitude = BigInt(`0x${asBuffer(bytes).toString('hex', 1)}`)
  return sign === 0 ? magnitude : -magnitude
}

/** Milliseconds since 1970 as a float 64, most significant byte first; NaN for an invalid date. */
export function dateToBytes(date: Date): Uint8Array {
  const bytes = Buffer.allocUnsafe(8)
  bytes.writeDoubleBE(Date.prototype.getTime.call(date))
  return bytes
}

export function bytesToDate(bytes: Uint8Array): Date {
  if (bytes.length !== 8) throw malformed(`a Date has ${bytes.length} bytes, not 8`)
  return new Date(asBuffer(bytes).readDoubleBE())
}

export function bytesToUtf16(bytes: Uint8Array): string {
  if (bytes.length % 2 !== 0) throw malformed(`a UTF-16 string has ${bytes.length} bytes`)
  return asBuffer(bytes).toString('utf16le')
}

/** The number of a stream takes this many bytes. */
export const STREAM_BYTES = 8

/** The number of a stream as an unsigned integer of 64 bits, most significant byte first. */
export function streamToBytes(stream: number): Uint8Array {
  const bytes = Buffer.allocUnsafe(STREAM_BYTES)
  bytes.writeUInt32BE(Math.floor(stream / 2 ** 32), 0)
  bytes.writeUInt32BE(stream % 2 ** 32, 4)
  return bytes
}

export function bytesToStream(bytes: Uint8Array): number {
  if (bytes.length !== STREAM_BYTES) {
    throw malformed(`the number of a stream has ${bytes.length} bytes, not ${STREAM_BYTES}`)
  }
  const view = asBuffer(bytes)
  const stream = view.readUInt32BE(0) * 2 ** 32 + view.readUInt32BE(4)
  if (!Number.isSafeInteger(stream)) throw malformed('the number of a stream exceeds 2^53 - 1')
  return stream
}

/** The same bytes with Buffer's methods. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
