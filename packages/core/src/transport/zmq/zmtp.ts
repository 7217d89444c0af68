/**
 * As much of ZMTP 3 (rfc.zeromq.org/spec/23) as it takes to ask whoever listens at a port for its name: libzmq answers in
 * its own thread, however busy JavaScript is.
 */

const GREETING_BYTES = 64

/** Version 3.0, mechanism NULL, not a server. */
export const GREETING: Uint8Array = greeting()

const COMMAND = 0x04
const LONG = 0x02

/** What a listener has said of itself so far. */
export type Introduction =
  | { readonly kind: 'partial' }
  /** It does not speak ZMTP 3 with the mechanism NULL. */
  | { readonly kind: 'foreign' }
  /** Its routing id, which is empty where it has none. */
  | { readonly kind: 'named'; readonly routingId: string }

/** Reads a listener's greeting and the READY that follows it. */
export function readIntroduction(bytes: Buffer): Introduction {
  if (bytes.length < GREETING_BYTES + 2) return { kind: 'partial' }
  if (bytes[0] !== 0xff || bytes[9] !== 0x7f || (bytes[10] ?? 0) < 3) return { kind: 'foreign' }
  const flags = bytes[GREETING_BYTES] ?? 0
  const head = flags & LONG ? 9 : 2
  if ((flags & COMMAND) === 0) return { kind: 'foreign' }
  if (bytes.length < GREETING_BYTES + head) return { kind: 'partial' }
  const size =
    head === 2 ? bytes.readUInt8(GREETING_BYTES + 1) : Number(bytes.readBigUInt64BE(GREETING_BYTES + 1))
  if (size > MOST_BYTES) return { kind: 'foreign' }
  const body = bytes.subarray(GREETING_BYTES + head, GREETING_BYTES + head + size)
  return body.length < size ? { kind: 'partial' } : readReady(body)
}

/** No listener of ours has as much to say. */
const MOST_BYTES = 4096
const READY = '\x05READY'

function readReady(body: Buffer): Introduction {
  if (body.toString('latin1', 0, READY.length) !== READY) return { kind: 'foreign' }
  let routingId = ''
  for (let at = READY.length; at < body.length; ) {
    const nameEnd = at + 1 + body.readUInt8(at)
    if (nameEnd + 4 > body.length) return { kind: 'foreign' }
    const valueEnd = nameEnd + 4 + body.readUInt32BE(nameEnd)
    if (valueEnd > body.length) return { kind: 'foreign' }
    if (body.toString('latin1', at + 1, nameEnd) === 'Identity')
      routingId = body.toString('latin1', nameEnd + 4, valueEnd)
    at = valueEnd
  }
  return { kind: 'named', routingId }
}

function greeting(): Uint8Array {
  const bytes = Buffer.alloc(GREETING_BYTES)
  bytes[0] = 0xff
  bytes[9] = 0x7f
  bytes[10] = 3
  bytes.write('NULL', 12, 'latin1')
  return bytes
}
