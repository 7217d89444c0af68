import { CORRUPTED } from './record.js'

/** The largest payload of the audit, in bytes. */
export const LARGEST = 2 ** 20

/** No two requests of a row have the same bytes: one that gets another's payload is noticed. */
const SHIFTS = 251

const pattern = new Uint8Array(LARGEST + SHIFTS)
for (let i = 0; i < pattern.length; i++) pattern[i] = (i * 31 + (i >> 8) * 17) & 0xff

/** The payload of a request. A view of bytes that never change: it is sent without being copied. */
export function payloadOf(seq: number, bytes: number): Uint8Array {
  const start = seq % SHIFTS
  return pattern.subarray(start, start + bytes)
}

/** The bytes of what a request has brought, or `CORRUPTED` if they aren't those that were sent. */
export function weigh(seq: number, payload: Uint8Array): number {
  return Buffer.compare(payload, payloadOf(seq, payload.length)) === 0 ? payload.length : CORRUPTED
}
