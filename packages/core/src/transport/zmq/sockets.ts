import type { Dealer, Event, Observer, Router, Socket } from 'zeromq'
import { SkeinError } from '../../errors.js'
import { errnoOf, uninterrupted } from './errno.js'
import type { Scavenging } from './scavenges.js'
import { threadScavenges } from './v8-heap.js'
import { zeromq } from './zeromq.js'

/**
 * Batches that libzmq keeps for one connection on the reading side. Bytes in flight are bounded by acknowledgements, so
 * this only has to be finite, and large enough for the control connection: hearts come once a second and pile up here
 * while this side's JavaScript is busy. Full means that libzmq stops reading the connection, heartbeats included; 4096
 * lets a computation of an hour pass.
 */
const RECEIVE_BATCHES = 4096

/**
 * Batches that libzmq keeps for one connection on the sending side. Once they are that many the next one waits above
 * and grows meanwhile, and one large batch costs less than many small ones.
 */
const SEND_BATCHES = 512

/** A mesh of hundreds connects at once when its monitor restarts; with libzmq's 100 some would wait for seconds. */
const BACKLOG = 4096

/** Nobody but us sends on a connection that we dialled, except for ZMTP's own commands. */
const COMMAND_BYTES = 4096

/** How long a newcomer may stay silent: each holds a file descriptor. libzmq's own default is 30 s. */
const HANDSHAKE_TIMEOUT_MS = 10_000

/**
 * After so many seconds of silence the system asks whether the other side of an accepted connection is there, and after
 * three questions without an answer it drops the connection: in a minute. A data connection has no heartbeats, and who had
 * dialled, and vanished with his host, would hold it for ever.
 */
const KEEPALIVE_IDLE_S = 30
const KEEPALIVE_INTERVAL_S = 10
const KEEPALIVE_COUNT = 3

/** How often to try for a monitor; see `observe`. */
const OBSERVE_ATTEMPTS = 10

export interface RouterSettings {
  frameBytes: number
  /** Whether to speak IPv6; a wildcard address then takes IPv4 as well. */
  ipv6: boolean
  /** What a probe finds here: whose socket this is. */
  routingId: string
}

export interface DealerSettings {
  /** Milliseconds between heartbeats, and of silence that counts as loss; undefined has neither. */
  heartbeat: { interval: number; timeout: number } | undefined
}

interface Entry {
  /** Resolves when the closed socket is gone; undefined while nobody reads its events. */
  ended?: Promise<void>
  /** Resolves when `afterwards` is done as well; undefined while the socket is open. */
  settled?: Promise<void>
  afterwards?: (() => Promise<void>) | undefined
  isOnlyInproc?: (() => boolean) | undefined
}

/** The sockets of one owner, each from its making until libzmq has let go of it. */
export class Sockets {
  /** To be told of what is received from them. */
  readonly scavenges: Scavenging
  readonly #entries = new Map<Socket, Entry>()
  #anyMade = false
  #closed = false

  constructor(scavenges: Scavenging = threadScavenges) {
    this.scavenges = scavenges
  }

  /** @param afterwards what is left to do when the closed socket is gone; `close` waits for it too. */
  router({ frameBytes, ipv6, routingId }: RouterSettings, afterwards?: () => Promise<void>): Router {
    return this.add(
      () =>
        new (zeromq().Router)({
          backlog: BACKLOG,
          handshakeInterval: HANDSHAKE_TIMEOUT_MS,
          ipv6,
          linger: 0,
          // Without it a header of nine bytes makes libzmq reserve whatever it announces, before any authentication.
          maxMessageSize: frameBytes,
          receiveHighWaterMark: RECEIVE_BATCHES,
          routingId,
          tcpKeepalive: 1,
          tcpKeepaliveCount: KEEPALIVE_COUNT,
          tcpKeepaliveIdle: KEEPALIVE_IDLE_S,
          tcpKeepaliveInterval: KEEPALIVE_INTERVAL_S,
        }),
      { afterwards },
    )
  }

  dealer({ heartbeat }: DealerSettings): Dealer {
    return this.add(
      () =>
        new (zeromq().Dealer)({
          // Nothing is queued for an address before somebody answers there: it might be somebody else.
          immediate: true,
          linger: 0,
          maxMessageSize: COMMAND_BYTES,
          receiveHighWaterMark: 1,
          // One socket, one connection: what is left in the pipe of a lost one must not reach its successor.
          reconnectInterval: -1,
          sendHighWaterMark: SEND_BATCHES,
          ...(heartbeat && {
            connectTimeout: heartbeat.timeout,
            handshakeInterval: heartbeat.timeout,
            heartbeatInterval: heartbeat.interval,
            heartbeatTimeout: heartbeat.timeout,
            // The other side drops us after it. It travels in tenths of a second, and libzmq rounds down.
            heartbeatTimeToLive: Math.ceil(heartbeat.timeout / 100) * 100,
          }),
        }),
    )
  }

  /**
   * @param closing.afterwards what is left to do when the closed socket is gone
   * @param closing.isOnlyInproc whether no address of it is of another kind: its end is not waited for then. No buffer of
   *   its can be held by the I/O thread, and one end of inproc may wait for the other for ever: an idle REQ doesn't notice.
   */
  add<S extends Socket>(make: () => S, closing: Pick<Entry, 'afterwards' | 'isOnlyInproc'> = {}): S {
    if (this.#closed) throw new SkeinError('ERR_CLOSED', 'what owns the sockets is closed')
    const socket = make()
    this.#anyMade = true
    this.#entries.set(socket, { ...closing })
    return socket
  }

  /**
   * Passes on what happens to a socket until it is closed, and calls `onEnd` when it is gone. To be called once, before
   * the socket connects.
   */
  watch(socket: Socket, onEvent: (event: Event) => void, onEnd: () => void): void {
    const entry = this.#entries.get(socket)
    if (entry !== undefined) entry.ended = readEvents(socket, onEvent).then(onEnd)
  }

  /**
   * Closes a socket and drops what it has not sent. Resolves when libzmq has destroyed it, and its addresses are free.
   */
  close(socket: Socket): Promise<void> {
    const entry = this.#entries.get(socket)
    if (entry === undefined) return Promise.resolve()
    entry.settled ??= this.#settle(socket, entry)
    return entry.settled
  }

  /**
   * Closes every socket, and resolves when all are gone, those included that were closed before, and none of the buffers
   * that they were given is in use. A thread that ends before aborts its process. No more sockets are made.
   */
  async closeAll(): Promise<void> {
    this.#closed = true
    await Promise.all(Array.from(this.#entries.keys(), (socket) => this.close(socket)))
    if (this.#anyMade) await ioThreadIsIdle()
  }

  async #settle(socket: Socket, { ended, afterwards, isOnlyInproc }: Entry): Promise<void> {
    const gone = ended ?? (isOnlyInproc?.() ? undefined : readEvents(socket, () => {}))
    socket.close()
    await gone
    await afterwards?.()
    this.#entries.delete(socket)
  }
}

/**
 * Whether an inproc endpoint is bound, found out by binding it for a moment; true also shortly after another such test.
 * That also releases a socket which was connected there in vain: libzmq keeps it for whoever binds the name, even when
 * it is closed.
 */
export function isBound(endpoint: string): boolean {
  const socket = new (zeromq().Pair)({ linger: 0 })
  try {
    socket.bindSync(endpoint)
    return false
  } catch (error) {
    if (errnoOf(error) === 'EADDRINUSE') return true
    throw error
  } finally {
    socket.close()
  }
}

/**
 * Resolves when libzmq's I/O thread has finished everything that it was told so far. A socket is gone a moment before
 * the connection that it had, and the latter may hold the buffer that was being written. What the I/O thread does for
 * another socket comes after that; it is one that tries to connect to a file which can't exist.
 */
async function ioThreadIsIdle(): Promise<void> {
  const socket = new (zeromq().Dealer)({ linger: 0, reconnectInterval: -1 })
  const gone = readEvents(socket, () => {})
  uninterrupted(() => socket.connect('ipc:///dev/null/skein'))
  socket.close()
  await gone
}

/**
 * Reads libzmq's monitor to its end, which comes when the closed socket is destroyed. The monitor may not be closed
 * before: libzmq would wait for its reader for ever, in a thread that every other socket needs.
 */
async function readEvents(socket: Socket, onEvent: (event: Event) => void): Promise<void> {
  const observer = observe(socket)
  for (;;) {
    const event = await observer.receive()
    if (event.type === 'end') return
    if (!socket.closed) onEvent(event)
  }
}

/**
 * zeromq.js names a monitor after the address of its observer in memory. An address that was just freed can be given
 * out again before libzmq has let go of the name; the next attempt gets another. An attempt that a signal interrupts may
 * have made a monitor that nobody reads: an event in that moment would stop libzmq, so best observe what is idle.
 */
function observe(socket: Socket): Observer {
  for (let attempt = 1; ; attempt++) {
    try {
      return uninterrupted(() => socket.events)
    } catch (error) {
      if (attempt === OBSERVE_ATTEMPTS || errnoOf(error) !== 'EADDRINUSE') throw error
    }
  }
}
