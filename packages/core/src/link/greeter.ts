import type { Instant, Timer } from '../clock.js'
import { Fifo } from '../fifo.js'
import { type HandshakeEvent, type HandshakeState, handshake, idle } from '../peer/handshake.js'
import type { Frames } from '../transport/transport.js'
import { NO_TOKEN, NO_TOKEN_KEY, tokenKey } from '../wire/header.js'
import { type DirectoryEntry, type Hand, Kind, type Shake } from '../wire/message.js'
import { type Attempt, greetingFrames, handOf, type SessionNumbers, shakeOf } from './greetings.js'
import type { LinkHost } from './link-host.js'
import { DOUBT_FROM } from './round.js'

export interface GreeterEvents {
  /** The connection that is there is to be closed, and another one made. */
  dial(): void
  /** There is a greeting to send. */
  wake(): void
  /** The peer has taken everything up to `taken` in this session; the rest is to be sent again. */
  resume(taken: number): void
  /** Both sides know each other's tokens. */
  confirmed(): void
  /** The handshake has had its time. */
  expired(): void
}

/** Whom a greeter greets, as far as that is known. */
export interface Greeted {
  readonly entry: DirectoryEntry | undefined
  readonly session: SessionNumbers
}

/** Opens one link: performs what `peer/handshake.ts` decides. */
export class Greeter<L extends Greeted> {
  readonly #host: LinkHost<L>
  readonly #link: L
  readonly #on: GreeterEvents
  #state: HandshakeState = idle
  #attempt: Attempt | undefined
  #refusal: Shake['refused'] = null
  /** Hands and shakes that wait for the connection. */
  readonly #greetings = new Fifo<Frames>()
  /** A hand from this peer when it knew no more than our address, and the attempt on which that was answered. */
  #curious: { readonly hand: Hand; readonly told: Attempt | undefined } | undefined
  #until: Instant
  /** Of the first handshake; none once that is over: what comes of later ones is a matter of liveness. */
  #deadline: Timer | undefined
  #closed = false

  /** @param timeout milliseconds that the first handshake may take, retries included */
  constructor(host: LinkHost<L>, link: L, timeout: number, on: GreeterEvents) {
    const { clock } = host.settings
    this.#host = host
    this.#link = link
    this.#on = on
    this.#until = clock.now() + timeout
    this.#deadline = clock.after(timeout, () => this.#expire())
  }

  /** The peer's token, once batches may be sent: our greeting is before them on the connection. */
  get token(): Uint8Array | undefined {
    return this.#state.kind === 'open' ? this.#state.token : undefined
  }

  /** Whether both sides know each other's tokens. */
  get isShaken(): boolean {
    return this.#state.kind === 'open' && this.#state.confirmed
  }

  /** Whether our hand was given to whoever answers at an address. */
  get isAnonymous(): boolean {
    return this.#attempt?.named === false
  }

  /** What the peer said when it refused us. */
  get refusal(): Shake['refused'] {
    return this.#refusal
  }

  /** Begins, unless that was done already. */
  open(): void {
    if (this.#state.kind === 'idle') this.dial()
  }

  /** Makes another connection, and begins anew on it. */
  dial(): void {
    this.#step({ kind: 'dial' })
  }

  connected(): void {
    this.#step({ kind: 'connected' })
  }

  /** A batch has come that bears our token. */
  proven(): void {
    this.#step({ kind: 'batch' })
  }

  onHand(hand: Hand): void {
    if (hand.to === null) this.#curious = { hand, told: undefined }
    this.#step({ kind: 'hand', hand })
  }

  /** A shake that answers our hand, from the instance that was greeted. */
  onShake(shake: Shake): void {
    this.#step({ kind: 'shake', shake })
  }

  refused(refusal: Shake['refused']): void {
    this.#refusal = refusal
  }

  /**
   * Whether our hand has to be given again, by name. Without a token, we are known there by a session that must be
   * resumed by name. And one that we have given up must be given up by name: a hand that knew only an address could not
   * tell.
   */
  mustName(shake: Shake): boolean {
    if (tokenKey(shake.token) === NO_TOKEN_KEY) return true
    return this.isAnonymous && shake.session < this.#link.session.generation
  }

  /** Tells who we are, on the connection that there is: the answer to somebody who knew only our address. */
  introduce(hand: Hand): void {
    this.#shake(hand, NO_TOKEN)
  }

  /** The first handshake may take `timeout` milliseconds from now, if that is longer than what it had. */
  extend(timeout: number): void {
    const { clock } = this.#host.settings
    const until = clock.now() + timeout
    if (this.#closed || this.#deadline === undefined || until <= this.#until) return
    this.#until = until
    this.#deadline.cancel()
    this.#deadline = clock.after(timeout, () => this.#expire())
  }

  /** Our own loop was late by `lost` milliseconds: so much longer may the handshake take. */
  doubt(lost: number): void {
    this.extend(this.#until - this.#host.settings.clock.now() + lost)
  }

  /** The next greeting to send, if there is one. */
  next(): Frames | undefined {
    return this.#greetings.shift()
  }

  /** What is on its way still would make a link alive that has no connection: it is for nobody from now on. */
  release(): void {
    if (this.#attempt === undefined) return
    this.#host.secrets.release(this.#attempt.token)
    this.#host.secrets.release(this.#attempt.nonce)
    this.#attempt = undefined
  }

  /** Greets nobody any more. What waits to be sent may still leave. */
  close(): void {
    this.#closed = true
    this.#deadline?.cancel()
    this.release()
  }

  #step(event: HandshakeEvent): void {
    if (this.#closed) return
    const [state, actions] = handshake(this.#state, event)
    this.#state = state
    for (const action of actions) {
      switch (action.kind) {
        case 'dial':
          this.#dial()
          break
        case 'send-hand':
          this.#hand()
          break
        case 'send-shake':
          if (action.answers === this.#curious?.hand)
            this.#curious = { hand: action.answers, told: this.#attempt }
          this.#shake(action.answers, this.#attempt?.token ?? NO_TOKEN)
          break
        case 'resume':
          this.#resume(action.greeting)
          break
        case 'confirmed':
          this.#deadline?.cancel()
          this.#deadline = undefined
          this.#on.confirmed()
          this.#satisfy()
          break
        case 'stale':
          this.#host.drops.count('stale')
          break
      }
      if (this.#closed) return // what was done has ended the link
    }
  }

  /** A new connection, under a new token: what is left of the old one is void. */
  #dial(): void {
    const { secrets, settings, nextAttempt } = this.#host
    this.release()
    while (this.#greetings.shift() !== undefined); // they belonged to the old one
    const named = this.#link.entry !== undefined
    const [nonce, token] = [settings.random.bytes(16), settings.random.bytes(16)]
    this.#attempt = { nonce, token, number: nextAttempt(), named }
    secrets.claim(token, this.#link)
    secrets.claim(nonce, this.#link)
    this.#on.dial()
  }

  #hand(): void {
    const { self, settings } = this.#host
    const { entry, session } = this.#link
    if (this.#attempt === undefined) return
    const to = this.#attempt.named ? entry : undefined
    this.#greet(handOf(this.#attempt, session, self, settings.meshToken, to))
  }

  /** The time is up. What our own loop has lost of it is given again: the answer may lie unread. */
  #expire(): void {
    const late = this.#host.settings.clock.now() - this.#until
    if (late < DOUBT_FROM) this.#on.expired()
    else this.extend(late)
  }

  #shake(hand: Hand, token: Uint8Array): void {
    const attempt = { token, number: this.#attempt?.number ?? 0 }
    this.#greet(shakeOf(hand, attempt, this.#link.session, this.#host.self, this.#host.network()))
  }

  #greet(greeting: Hand | Shake): void {
    this.#greetings.push(greetingFrames(greeting, this.#host.codec, this.#link.entry?.uid ?? ''))
    this.#on.wake()
  }

  #resume(greeting: Hand | Shake): void {
    const meant = greeting.kind === Kind.shake || greeting.to === this.#host.self.instance
    const sameSession = meant && greeting.session === this.#link.session.generation
    this.#on.resume(sameSession ? greeting.taken : 0)
  }

  /** The answer to somebody who knew only our address may have been lost with an earlier connection. */
  #satisfy(): void {
    const curious = this.#curious
    this.#curious = undefined
    if (curious !== undefined && curious.told !== this.#attempt) this.introduce(curious.hand)
  }
}
