import type { Scheme } from '../scheme.js'

/**
 * What the mesh needs of a network. `zmq/` does it with ZeroMQ, `MemoryNetwork` with nothing but memory and a clock; one
 * compliance suite holds both to what is written here.
 */

/** One multipart message. Frame 0 is the batch itself, the others are its attachments. */
export type Frames = readonly Uint8Array[]

export { type Scheme, schemeOf } from '../scheme.js'

export interface ListenOptions {
  /** Which kinds of endpoints to bind. */
  schemes: readonly Scheme[]
  /** Address for tcp, an IP or a host name that resolves to one of this machine's. */
  host: string
  /** Port for tcp; undefined takes the first free one from 3000 up; 0 takes any. */
  port: number | undefined
  /** Unique per start of a runtime; names ipc paths, inproc and mem endpoints. */
  instance: string
  /** Largest frame accepted, in bytes. */
  frameBytes: number
}

export interface Inbound {
  /** What was bound, cheapest first: `inproc://…`, `ipc://…`, `tcp://host:port`. */
  readonly endpoints: readonly string[]
  /** Stops reading, and resolves when the addresses are free. May be called twice. */
  close(): Promise<void>
}

export interface InboundEvents {
  /** A batch has come. Its frames belong to whoever is given them. */
  batch(frames: Frames): void
  /** What the batches so far have brought about at once has left: follows each, or several, in the same turn or the next. */
  settled(): void
}

export interface DialOptions {
  /**
   * Whether to report `up` and `down`, and to exchange heartbeats below JavaScript: the control connection is watched,
   * the data connection isn't (watching costs a socket of its own).
   */
  watch: boolean
  /** Milliseconds between the heartbeats of a watched connection. */
  heartbeatInterval: number
  /** Milliseconds without any traffic after which a watched connection counts as lost. */
  heartbeatTimeout: number
}

export interface OutboundEvents {
  /** The connection stands: the other side's transport has answered. At most once, never before `dial` returned. */
  up(): void
  /** The connection is lost or could not be made. At most once, and nothing after it; never after `close`. */
  down(reason: string): void
}

/**
 * One connection, one way. It is never mended: when it is lost, close it and dial again.
 *
 * Order holds inside a connection, and nothing is delivered twice on it. What was sent before a loss may or may not
 * have arrived.
 */
export interface Outbound {
  readonly endpoint: string
  readonly scheme: Scheme
  /**
   * Hands one batch to the transport. Resolves when the transport has taken it, which is not delivery; waits while the
   * connection is not up yet or the pipe is full. Not to be called again before the last call settled. The bytes must
   * not change until all of them have arrived: the sender may write over them then, and what the receiver is given is
   * memory of its own. Rejects with ERR_CLOSED after `close`, also for a send that was waiting.
   */
  send(frames: Frames): Promise<void>
  /** Drops what has not left. May be called twice. */
  close(): void
}

/** `refused`: an address where nobody listens, or somebody else. `accepted`: somebody does. `unknown`: no answer, or can't be asked. */
export type ProbeVerdict = 'refused' | 'accepted' | 'unknown'

/** Callbacks given to a transport may not throw; what one throws all the same becomes a process warning. */
export interface Transport {
  /**
   * Binds every endpoint asked for, or none: a failure leaves nothing bound. Rejects with ERR_ADDRESS_IN_USE,
   * ERR_ADDRESS_UNAVAILABLE, ERR_INVALID_ADDRESS or ERR_INVALID_OPTION.
   */
  listen(options: ListenOptions, on: InboundEvents): Promise<Inbound>
  /** Throws ERR_INVALID_ADDRESS if the endpoint is none that this transport can dial. @default what `dial` finds out */
  checkEndpoint?(endpoint: string): void
  /** Throws as `checkEndpoint`. */
  dial(endpoint: string, options: DialOptions, on: OutboundEvents): Outbound
  /**
   * Asks the operating system whether somebody listens at an endpoint, without speaking to them. Rejects with
   * ERR_INVALID_ADDRESS if the endpoint is none that this transport can dial.
   *
   * @param instance whose endpoint it was. Where others can come to hold it, as they can a port, whoever listens there is
   *   asked for the instance that it listens for; a listener that is busy above its transport answers all the same.
   */
  probe(endpoint: string, timeoutMs: number, instance?: string): Promise<ProbeVerdict>
  /**
   * Closes every listener and connection of this transport, and resolves when nothing is left of any, those that were
   * closed before included: only then may a thread end. Afterwards `listen` and `dial` fail with ERR_CLOSED. May be
   * called twice.
   */
  close(): Promise<void>
}
