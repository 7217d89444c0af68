import type { Dealer, Event } from 'zeromq'
import type { Clock } from '../../clock.js'
import { guarded } from '../guarded.js'
import type { OutboundEvents } from '../transport.js'
import { errnoOf } from './errno.js'
import type { Sockets } from './sockets.js'

/** Tells from libzmq's events when a connection stands and when it is lost. Silent once the socket is closed. */
export class Watch {
  readonly #dealer: Dealer
  readonly #on: OutboundEvents
  readonly #deadline
  #state: 'dialling' | 'up' | 'over' = 'dialling'

  /**
   * To be made before the socket connects.
   *
   * @param timeoutMs until a connection that doesn't get up counts as failed. libzmq has limits of its own, which say
   *   why; this one is for what passes them: an answer in another protocol, which libzmq takes for ZMTP 1.0.
   */
  constructor(sockets: Sockets, clock: Clock, dealer: Dealer, on: OutboundEvents, timeoutMs: number) {
    this.#dealer = dealer
    this.#on = { up: guarded(() => on.up()), down: guarded((reason) => on.down(reason)) }
    // After a stall of our own the timer fires before the events that lay waiting are read: let them go first.
    this.#deadline = clock.after(timeoutMs, () => setImmediate(() => this.#expire()))
    sockets.watch(
      dealer,
      (event) => this.#take(event),
      () => this.#deadline.cancel(),
    )
  }

  /** The connection could not even be tried. */
  fail(reason: string): void {
    if (this.#state === 'over' || this.#dealer.closed) return
    this.#state = 'over'
    this.#deadline.cancel()
    this.#on.down(reason)
  }

  #take(event: Event): void {
    switch (event.type) {
      case 'handshake':
        if (this.#state !== 'dialling') return
        this.#state = 'up'
        this.#deadline.cancel()
        this.#on.up()
        return
      case 'close':
      case 'connect:retry':
        this.fail('could not connect')
        return
      case 'handshake:error:auth':
      case 'handshake:error:protocol':
      case 'handshake:error:other':
        this.fail(`handshake failed (${errnoOf(event.error) ?? event.error.message})`)
        return
      case 'disconnect':
        this.fail('connection lost')
    }
  }

  #expire(): void {
    if (this.#state === 'dialling') this.fail('no handshake in time')
  }
}
