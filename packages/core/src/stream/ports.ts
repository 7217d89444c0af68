import type { Clock } from '../clock.js'
import type { Deadlines } from '../deadlines.js'
import type { Limits } from '../wire/limits.js'
import type { StreamMessage } from '../wire/message.js'

/** Runs a function in the context that was remembered. */
export type Run = <R>(fn: () => R) => R

/** What streams need of the runtime around them. */
export interface StreamPorts {
  /**
   * Puts a message into a peer's outbox, whether or not there is room. Does nothing if the peer is lost.
   *
   * @returns the bytes that it takes there, attachments included
   * @throws what the codec throws for a value that can't be sent
   */
  post(peer: string, message: StreamMessage): number
  /** Whether a peer's outbox takes more. */
  hasRoom(peer: string): boolean
  /** Calls back once there is room for one message at least, in the order of asking. Not at all if the peer is lost. */
  whenRoom(peer: string, fn: () => void): void
  /** Calls back when the present turn of the event loop has done its work. */
  defer(fn: () => void): void
  /** Calls back in another turn, after whatever else waits for the event loop. @default setImmediate */
  readonly later?: ((fn: () => void) => void) | undefined
  readonly clock: Clock
  readonly deadlines: Deadlines
  /** Of what is sent. */
  readonly limits: Readonly<Limits>
  /**
   * Remembers the context in which a stream is offered: its iterator runs there.
   * `AsyncLocalStorage.snapshot` does. @default whatever context there is
   */
  readonly bind?: (() => Run) | undefined
  /** Runs in a context that belongs to no stream what is done for others as well. @default whatever context there is */
  readonly outside?: Run | undefined
}
