import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import { type Clock, systemClock } from '@skein/core/internal'
import { type Deferred, deferred } from '@skein/runner/internal'
import { HarnessError } from './errors.js'
import { type Address, type Courses, ProxiedConnection } from './proxied-connection.js'
import type { Admission, Course } from './pump.js'
import { type Random, seededRandom } from './random.js'

/** `up` is from the client to the target. */
export type Direction = 'up' | 'down' | 'both'

export interface FaultProxyOptions {
  /** What the proxy stands before. It is dialled once for each connection to the proxy. */
  target: Address
  /**
   * Where the proxy listens.
   * @default { host: '127.0.0.1', port: 0 }: a port that the system picks, and that the proxy keeps.
   */
  listen?: { host?: string; port?: number } | { path: string }
  /**
   * Milliseconds that each chunk is under way, drawn evenly from `min` to `max`.
   * @default none
   */
  delay?: { min: number; max: number }
  /**
   * Where the delays begin.
   * @default 1
   */
  seed?: number
  /**
   * What the delays are measured with.
   * @default systemClock
   */
  clock?: Clock
}

/** How much is left until a cut that was ordered by `cutAfter`. */
interface Fuse {
  left: number
  readonly burnt: Deferred<void>
}

/**
 * A TCP proxy whose faults a test commands. Each connection to it becomes one to the target; bytes, their order, their
 * end in one direction and backpressure pass through.
 *
 * Faults hold for present and future connections alike until they are taken back; {@link FaultProxy.heal} takes them
 * all back.
 */
export class FaultProxy {
  /** Connections accepted since the start. */
  connections = 0
  /** Bytes handed on since the start, over all connections. */
  readonly forwarded = { up: 0, down: 0 }

  #listenAt: Address
  #target: Address
  #delay: { min: number; max: number } = { min: 0, max: 0 }
  readonly #random: Random
  readonly #clock: Clock
  readonly #courses: Courses = { up: this.#course('up'), down: this.#course('down') }
  readonly #open = new Set<ProxiedConnection>()
  #server: Server | undefined
  /** The listener is opened and closed one step after the other, in the order asked for. */
  #steps: Promise<void> = Promise.resolve()
  #fuse: Fuse | undefined
  #arrival: Deferred<void> | undefined
  #closing: Promise<void> | undefined

  /** @throws The listener's error (`EADDRINUSE`, …). */
  static async start(options: FaultProxyOptions): Promise<FaultProxy> {
    const proxy = new FaultProxy(options)
    await proxy.refuse(false)
    return proxy
  }

  private constructor({ target, listen = {}, delay, seed = 1, clock = systemClock }: FaultProxyOptions) {
    this.#target = target
    this.#listenAt = 'path' in listen ? listen : { host: '127.0.0.1', port: 0, ...listen }
    this.#random = seededRandom(seed)
    this.#clock = clock
    if (delay !== undefined) this.delay(delay.min, delay.max)
  }

  /** Where to connect instead of to the target, as ZeroMQ writes it: `tcp://127.0.0.1:41234`, `ipc:///tmp/a.sock`. */
  get endpoint(): string {
    const at = this.#listenAt
    if ('path' in at) return `ipc://${at.path}`
    return at.host.includes(':') ? `tcp://[${at.host}]:${at.port}` : `tcp://${at.host}:${at.port}`
  }

  /** @throws HarnessError `ERR_HARNESS_MISUSE` if the proxy listens on a path. */
  get port(): number {
    if ('path' in this.#listenAt) throw misuse(`the proxy on ${this.#listenAt.path} has no port`)
    return this.#listenAt.port
  }

  /** Connections that are there now, on either side. One that was cut counts until both its sockets are closed. */
  get openConnections(): number {
    return this.#open.size
  }

  /** Resolves when the next connection has been accepted. */
  nextConnection(): Promise<void> {
    this.#arrival ??= expectation()
    return this.#arrival.promise
  }

  /** Breaks all connections, on both sides and without a farewell (RST); what is under way is lost. */
  cut(): void {
    for (const connection of this.#open) connection.reset()
  }

  /**
   * Cuts all connections when `bytes` more have been handed on, counted over all of them and both directions: to the
   * byte, in the midst of a message if need be. Resolves when that has happened.
   *
   * @throws HarnessError `ERR_PROXY_CLOSED` if the proxy is closed before; `ERR_HARNESS_MISUSE` if another such cut is
   *   outstanding.
   */
  async cutAfter(bytes: number): Promise<void> {
    if (!Number.isInteger(bytes) || bytes < 1) throw misuse(`cutAfter(${bytes}): allowed are integers from 1`)
    if (this.#fuse !== undefined) throw misuse(`cutAfter: a cut is due in ${this.#fuse.left} bytes already`)
    this.#fuse = { left: bytes, burnt: expectation() }
    await this.#fuse.burnt.promise
  }

  /**
   * Closes the listener, so that the system refuses new connections, or opens it again on the same port. Present
   * connections stay. Takes effect when it resolves.
   */
  refuse(refused: boolean): Promise<void> {
    const step = this.#steps.then(() => (refused ? this.#stopListening() : this.#listen()))
    // Whoever asked for this step learns of its failure; the steps after it are made all the same.
    this.#steps = step.catch(() => {})
    return step
  }

  /**
   * Swallows one direction or both: connections stand and are silent, and neither side learns that the other has
   * closed or broken them. With the way up dark, new connections are accepted and the target isn't dialled.
   *
   * As over a real network that is dark for a while, nothing is lost: what the sender's system has taken arrives after
   * {@link FaultProxy.heal}.
   */
  blackhole(direction: Direction = 'both'): void {
    for (const course of this.#along(direction)) course.dark = true
    this.#update()
  }

  /**
   * Takes no more bytes from the client (`up`) or the target (`down`), so that their systems' buffers fill and they
   * feel it; or takes them again. Unlike {@link FaultProxy.blackhole} this hands on what it has taken and dials the
   * target.
   */
  stopReading(stopped: boolean, direction: Direction = 'up'): void {
    for (const course of this.#along(direction)) course.unread = stopped
    this.#update()
  }

  /** Ends blackhole, stopReading and refuse. A delay stays: it is the length of the line; so does an ordered cut. */
  async heal(): Promise<void> {
    for (const course of this.#along('both')) {
      course.dark = false
      course.unread = false
    }
    this.#update()
    await this.refuse(false)
  }

  /**
   * Holds each chunk that is read from now on for `min` to `max` milliseconds. Chunks keep their order, so one may
   * wait longer for the one before it.
   */
  delay(min: number, max: number): void {
    if (!(min >= 0 && max >= min && max < Number.POSITIVE_INFINITY)) {
      throw misuse(`delay(${min}, ${max}): allowed are milliseconds with 0 <= min <= max`)
    }
    this.#delay = { min, max }
  }

  /** Connections accepted from now on are dialled to another target. */
  retarget(target: Address): void {
    this.#target = target
  }

  /** Closes the listener and all connections, and resolves when nothing is left of them. May be called again. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(): Promise<void> {
    await this.refuse(true)
    const closed = [...this.#open].map((connection) => connection.closed)
    this.cut()
    await Promise.all(closed)
    const error = new HarnessError('ERR_PROXY_CLOSED', `the proxy on ${this.endpoint} was closed meanwhile`)
    this.#fuse?.burnt.reject(error)
    this.#arrival?.reject(error)
  }

  async #listen(): Promise<void> {
    if (this.#closing !== undefined) {
      throw new HarnessError('ERR_PROXY_CLOSED', `the proxy on ${this.endpoint} is closed`)
    }
    if (this.#server !== undefined) return
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true }, (client) =>
      this.#accept(client),
    )
    server.listen(this.#listenAt)
    await once(server, 'listening')
    const bound = server.address()
    // Now that the system has picked a port, the proxy keeps to it.
    if (bound !== null && typeof bound !== 'string')
      this.#listenAt = { host: bound.address, port: bound.port }
    this.#server = server
  }

  async #stopListening(): Promise<void> {
    // Not awaited: 'close' comes when the server's connections have ended too, and those are to stay.
    this.#server?.close()
    this.#server = undefined
  }

  #accept(client: Socket): void {
    const connection = new ProxiedConnection(client, this.#courses, () => this.#target, this.#clock)
    this.#open.add(connection)
    void connection.closed.then(() => this.#open.delete(connection))
    connection.update()
    this.connections++
    this.#arrival?.resolve()
    this.#arrival = undefined
  }

  #update(): void {
    for (const connection of this.#open) connection.update()
  }

  #along(direction: Direction): Course[] {
    const { up, down } = this.#courses
    return direction === 'both' ? [up, down] : [this.#courses[direction]]
  }

  #course(direction: 'up' | 'down'): Course {
    return {
      dark: false,
      unread: false,
      delay: () => this.#delay.min + this.#random() * (this.#delay.max - this.#delay.min),
      admit: (bytes) => this.#admit(bytes, direction),
    }
  }

  #admit(bytes: number, direction: 'up' | 'down'): Admission {
    const fuse = this.#fuse
    if (fuse === undefined) {
      this.forwarded[direction] += bytes
      return { bytes }
    }
    const admitted = Math.min(bytes, fuse.left)
    if (admitted === 0) return { bytes: 0 }
    fuse.left -= admitted
    this.forwarded[direction] += admitted
    return fuse.left > 0 ? { bytes: admitted } : { bytes: admitted, written: () => this.#burn(fuse) }
  }

  #burn(fuse: Fuse): void {
    this.#fuse = undefined
    this.cut()
    fuse.burnt.resolve()
  }
}

/** A deferred that may be rejected with nobody waiting for it, which is no failure: the wait was given up. */
function expectation(): Deferred<void> {
  const expected = deferred()
  expected.promise.catch(() => {})
  return expected
}

function misuse(message: string): HarnessError {
  return new HarnessError('ERR_HARNESS_MISUSE', message)
}
