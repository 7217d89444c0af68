import { randomUUID } from 'node:crypto'
import type { Frames } from '../transport.js'
import { COPIED_BYTES } from './copied.js'

/**
 * What makes messages between the threads of a process safe. zeromq.js sends a buffer above 128 bytes by reference, and
 * over inproc it is that memory which the receiver is given, until its garbage collector lets go of it. If the sending
 * thread has ended by then, the process is aborted. Strings are copied, and so are smaller buffers: frames above that cross
 * as base64, of what Node can turn bytes into and back the fastest that stays one byte per character, and all others as
 * they are. Since base64 makes a frame longer, its length tells which it is.
 *
 * The listener knows such a sender by its routing id. Anybody may take one like it, and then has his frames decoded.
 */
const PREFIX = 'skein-base64:'
const UUID_LENGTH = 36

export function inprocRoutingId(): string {
  return PREFIX + randomUUID()
}

export function isInproc(routingId: Buffer): boolean {
  if (routingId.length !== PREFIX.length + UUID_LENGTH) return false // most are of five bytes, which libzmq makes
  return routingId.toString('latin1', 0, PREFIX.length) === PREFIX
}

export function encode(frames: Frames): (Uint8Array | string)[] {
  return frames.map((frame) => (frame.byteLength <= COPIED_BYTES ? frame : base64Of(frame)))
}

export function decode(frames: readonly Buffer[]): Frames {
  return frames.map((frame) =>
    frame.byteLength <= COPIED_BYTES ? frame : Buffer.from(frame.toString('latin1'), 'base64'),
  )
}

function base64Of({ buffer, byteOffset, byteLength }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString('base64')
}
