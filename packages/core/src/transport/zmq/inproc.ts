import { randomUUID } from 'node:crypto'
import type { Frames } from '../transport.js'

/**
 * What makes messages between the threads of a process safe. zeromq.js sends a buffer above 128 bytes by reference, and
 * over inproc it is that memory which the receiver is given, until its garbage collector lets go of it. If the sending
 * thread has ended by then, the process is aborted. Only strings are copied by zeromq.js, so frames cross as base64: of
 * what Node can turn bytes into and back it is the fastest that stays one byte per character.
 *
 * The listener knows such a sender by its routing id. Anybody may take one like it, and then has his frames decoded.
 */
const PREFIX = 'skein-base64:'

export function inprocRoutingId(): string {
  return PREFIX + randomUUID()
}

export function isInproc(routingId: Buffer): boolean {
  return routingId.toString('latin1', 0, PREFIX.length) === PREFIX
}

export function encode(frames: Frames): string[] {
  return frames.map(({ buffer, byteOffset, byteLength }) =>
    Buffer.from(buffer, byteOffset, byteLength).toString('base64'),
  )
}

export function decode(frames: readonly Buffer[]): Frames {
  return frames.map((frame) => Buffer.from(frame.toString('latin1'), 'base64'))
}
