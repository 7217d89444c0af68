import { isIP } from 'node:net'
import type { Dealer } from 'zeromq'
import type { Clock } from '../../clock.js'
import { messageOf, SkeinError } from '../../errors.js'
import { guarded } from '../guarded.js'
import type { DialOptions, Frames, Outbound, OutboundEvents, Scheme } from '../transport.js'
import { type Address, invalidAddress, isV6, parseEndpoint, resolveHost, tcpEndpoint } from './addresses.js'
import { errnoOf, uninterrupted } from './errno.js'
import { encode, inprocRoutingId } from './inproc.js'
import { isBound, type Sockets } from './sockets.js'
import { Watch } from './watch.js'

/** One Dealer, which is one connection. */
export class ZmqOutbound implements Outbound {
  readonly endpoint: string
  readonly scheme: Scheme
  readonly #sockets: Sockets
  readonly #dealer: Dealer
  readonly #watch: Watch | undefined

  /** Begins to connect. Throws ERR_INVALID_ADDRESS if the endpoint is none that can be dialled. */
  constructor(sockets: Sockets, clock: Clock, endpoint: string, options: DialOptions, on: OutboundEvents) {
    const { watch, heartbeatInterval: interval, heartbeatTimeout: timeout } = options
    const address = parseEndpoint(endpoint)
    this.endpoint = endpoint
    this.scheme = address.scheme
    this.#sockets = sockets
    this.#dealer = sockets.dealer({ heartbeat: watch ? { interval, timeout } : undefined })
    // libzmq may take the timeout once to connect and once more for the handshake.
    if (watch && address.scheme !== 'inproc')
      this.#watch = new Watch(sockets, clock, this.#dealer, on, 2 * timeout)
    try {
      this.#dial(address)
    } catch (error) {
      this.close()
      throw error
    }
    if (address.scheme === 'inproc') this.#joinInproc(watch ? on : undefined)
  }

  // Not an async function, which would make one promise more for each batch.
  send(frames: Frames): Promise<void> {
    try {
      const message = this.scheme === 'inproc' ? encode(frames) : [...frames]
      return this.#dealer.send(message).then(undefined, (error) => this.#sendAgain(frames, error))
    } catch (error) {
      // Asked only now: each batch would pay for it.
      return Promise.reject(this.#dealer.closed ? this.#closedError() : error)
    }
  }

  #sendAgain(frames: Frames, error: unknown): Promise<void> {
    // EAGAIN while open: the connection was lost at this very moment. The next attempt waits, for `close`.
    if (!this.#dealer.closed && errnoOf(error) !== 'EAGAIN') throw error
    return this.send(frames)
  }

  close(): void {
    void this.#sockets.close(this.#dealer)
  }

  #closedError(): SkeinError {
    return new SkeinError('ERR_CLOSED', `the connection to ${this.endpoint} is closed`, {
      address: this.endpoint,
    })
  }

  /** inproc has no events: all that can be known is whether somebody listens as we dial. */
  #joinInproc(on: OutboundEvents | undefined): void {
    const isUp = isBound(this.endpoint)
    setImmediate(() => {
      if (on === undefined || this.#dealer.closed) return
      guarded(() => (isUp ? on.up() : on.down('could not connect')))()
    })
    void this.#attend()
  }

  /**
   * Reads what never comes. The two ends of an inproc connection take leave of each other in their own threads, and a
   * socket that nothing is asked of doesn't answer: the listener's close would wait for our next send.
   */
  async #attend(): Promise<void> {
    while (!this.#dealer.closed) await this.#dealer.receive().catch(() => {})
  }

  #dial(address: Address): void {
    switch (address.scheme) {
      case 'tcp':
        if (isIP(address.host) === 0) void this.#dialByName(address.host, address.port)
        else this.#connect(this.endpoint, isV6(address.host))
        return
      case 'inproc':
        this.#dealer.routingId = inprocRoutingId()
        this.#connect(this.endpoint, false)
        return
      case 'ipc':
        this.#connect(this.endpoint, false)
    }
  }

  async #dialByName(name: string, port: number): Promise<void> {
    try {
      const host = await resolveHost(name)
      if (!this.#dealer.closed) this.#connect(tcpEndpoint(host, port), isV6(host))
    } catch (error) {
      this.#watch?.fail(messageOf(error))
    }
  }

  #connect(endpoint: string, ipv6: boolean): void {
    try {
      // Only where it is needed: a machine without IPv6 can't even connect to IPv4 addresses with it.
      if (ipv6) this.#dealer.ipv6 = true
      uninterrupted(() => this.#dealer.connect(endpoint))
    } catch (error) {
      throw invalidAddress(this.endpoint, 'the system does not accept it', error)
    }
  }
}
