import type { Instant, Timer } from '../clock.js'
import { SkeinError } from '../errors.js'
import { Fifo } from '../fifo.js'
import { type HandshakeEvent, type HandshakeState, handshake, idle } from '../peer/handshake.js'
import { lanes } from '../peer/lanes.js'
import { type DeathReason, liveness, nextTick, type PeerEvent, type PeerState } from '../peer/liveness.js'
import type { Parcel, Session } from '../peer/session.js'
import type { Frames, Scheme } from '../transport/transport.js'
import { OpenBatch, readBatch } from '../wire/batch.js'
import { NO_TOKEN, NO_TOKEN_KEY, readHeader, tokenKey } from '../wire/header.js'
import { type Beat, type DirectoryEntry, type Hand, Kind, type Message, type Shake } from '../wire/message.js'
import { Acknowledger } from './acknowledger.js'
import { Circuit } from './circuit.js'
import type { LinkHost } from './link-host.js'
import { Outbox } from './outbox.js'
import { Progress } from './progress.js'
import { crashed } from './proof.js'
import { Pulse } from './pulse.js'

/** Whom a link is to: a runtime that is known, or whoever answers at an address. */
export type Target = { readonly entry: DirectoryEntry } | { readonly address: string }

/**
 * The link to one instance of a peer: performs what the machines in `peer/` decide. When the peer is dead or has left,
 * the link is over, and another is made for the next instance or session.
 */
export class Link {
  /** The address that was dialled, if all that was known was an address. */
  readonly address: string | undefined
  readonly session: Session
  readonly pulse = new Pulse()
  readonly outbox: Outbox

  readonly #host: LinkHost<Link>
  readonly #circuit: Circuit
  readonly #acknowledger: Acknowledger
  readonly #progress: Progress
  #entry: DirectoryEntry | undefined
  #state: PeerState
  #handshake: HandshakeState = idle
  #refusal: Shake['refused'] = null
  /** Whether our last hand named the instance it was meant for. */
  #named = false
  /** Of the present connection: what the peer puts before its batches, what its shake repeats, and its number. */
  #token: Uint8Array | undefined
  #nonce: Uint8Array = NO_TOKEN
  #attempt = 0
  /** Hands and shakes that wait for the connection. */
  readonly #greetings = new Fifo<Frames>()
  /** A hand from this peer when it knew no more than our address, and the connection on which that was answered. */
  #curious: { readonly hand: Hand; readonly told: number } | undefined
  readonly #deadline: Timer
  #linger: Timer | undefined

  /** @param timeout milliseconds that the handshake may take, retries included */
  constructor(host: LinkHost<Link>, target: Target, timeout = host.settings.handshake.timeout) {
    const { clock, flow } = host.settings
    this.#host = host
    this.#entry = 'entry' in target ? target.entry : undefined
    this.address = 'address' in target ? target.address : undefined
    this.#state = { kind: 'connecting', since: clock.now() }
    const generation = this.#entry === undefined ? 1 : host.nextGeneration(this.#entry.instance)
    this.session = host.safeguards.newSession(generation, host.codec, flow)
    this.#progress = new Progress(this.session)
    this.outbox = new Outbox(this.session, host.defer, () => this.#circuit.wakeData())
    this.#acknowledger = new Acknowledger(clock, flow, () => this.outbox.flushSoon())
    this.#circuit = new Circuit(host, {
      connected: () => {
        this.#judge({ kind: 'up' })
        this.#shake({ kind: 'connected' })
      },
      lost: () => this.#lost(),
      unreachable: () => {
        // A connection that we gave up ourselves was no loss; that no other can be made is one.
        this.#judge({ kind: 'down' })
        this.#probe()
      },
      again: () => !this.isOver && this.#shake({ kind: 'dial' }),
      unanswered: () => !this.isOver && this.restart(),
      nextData: () => this.#nextData(),
      nextControl: () => this.pulse.next(),
    })
    this.#deadline = clock.after(timeout, () => this.end('no-answer'))
  }

  get entry(): DirectoryEntry | undefined {
    return this.#entry
  }

  get uid(): string | undefined {
    return this.#entry?.uid
  }

  get instance(): string | undefined {
    return this.#entry?.instance
  }

  get state(): PeerState {
    return this.#state
  }

  get isOver(): boolean {
    return this.#state.kind === 'dead' || this.#state.kind === 'left'
  }

  /** Whether messages can be sent: the peer has our greeting before it on the connection. */
  get isOpen(): boolean {
    return this.#handshake.kind === 'open' && !this.isOver
  }

  /** Whether both sides know each other's tokens. */
  get isShaken(): boolean {
    return this.#handshake.kind === 'open' && this.#handshake.confirmed
  }

  get lane(): Scheme | undefined {
    return this.#circuit.lane
  }

  /** What the peer said when it refused us. */
  get refusal(): Shake['refused'] {
    return this.#refusal
  }

  /** Why the last attempt to reach the peer failed, for people. */
  get lastFailure(): string | undefined {
    return this.#circuit.lastFailure
  }

  /** The instant at which `tick` has something to do. */
  get due(): Instant {
    return nextTick(this.#state, this.#host.settings.liveness)
  }

  /** Begins to dial, unless that was begun already. */
  open(): void {
    if (this.#handshake.kind === 'idle' && !this.isOver) this.#shake({ kind: 'dial' })
  }

  /** Shakes hands anew, on a new connection. */
  restart(): void {
    this.#shake({ kind: 'unanswered' })
  }

  /** Who it is that an anonymous link has reached. */
  identify(entry: DirectoryEntry): void {
    this.#entry = entry
    this.session.renumber(this.#host.nextGeneration(entry.instance))
  }

  /** A hand from this peer, checked by whoever received it. */
  onHand(hand: Hand): void {
    if (this.#entry === undefined) this.identify(hand.from)
    this.#entry = hand.from
    if (hand.to === null) this.#curious = { hand, told: 0 }
    this.#shake({ kind: 'hand', hand })
  }

  /** Tells who we are, on the connection that there is: the answer to somebody who knew only our address. */
  introduce(hand: Hand): void {
    this.#greet(this.#shakeFor(hand, NO_TOKEN))
  }

  /** A shake that answers our hand, from the instance that was greeted. */
  onShake(shake: Shake): void {
    if (shake.refused !== null) {
      this.#refusal = shake.refused
      return this.end('refused')
    }
    if (this.#entry === undefined && !this.#host.identified(this, shake)) return
    // Without a token, we are known there by a session that must be resumed by name. And one that we have given up must
    // be given up by name: a hand that knew only an address could not tell.
    const outdated = !this.#named && shake.session < this.session.generation
    if (outdated || tokenKey(shake.token) === NO_TOKEN_KEY) return this.#shake({ kind: 'dial' })
    if (shake.session > this.session.generation) this.session.renumber(shake.session)
    this.#host.introduced(shake)
    this.#shake({ kind: 'shake', shake })
  }

  /** A batch that bears our token. */
  onBatch(frames: Frames): void {
    if (this.isOver) return this.#host.dropped('token')
    try {
      this.#receive(frames)
    } catch (error) {
      this.#host.dropped('protocol')
      const detail = error instanceof Error ? error.message : String(error)
      this.#host.settings.logger.warn({ uid: this.uid, detail }, 'a peer broke the protocol and is refused')
      this.#tellOff(detail)
      this.end('protocol')
    }
  }

  /** Puts a message into the outbox, whether or not there is room; it leaves with the others of this turn. */
  post(message: Message): Parcel {
    return this.outbox.post(message, this.uid ?? '')
  }

  tick(): void {
    this.#judge({ kind: 'tick' })
  }

  /** Our own loop was late by `lost` milliseconds. */
  doubt(lost: number): void {
    this.#judge({ kind: 'doubt', lost })
  }

  /** Asks the peer whether it is well, now. */
  heart(): void {
    if (this.#handshake.kind === 'open') this.#sendControl(this.pulse.heart(this.#now()))
  }

  /** The peer is dead, as far as we are concerned. */
  end(reason: DeathReason): void {
    this.#judge({ kind: 'ended', reason })
  }

  /** The peer has said farewell. What it sent before is ours already; it waits only for our acknowledgement. */
  farewell(reason: string): void {
    this.#judge({ kind: 'farewell', reason })
  }

  /** Drops everything at once, without a word to anybody. */
  destroy(): void {
    this.#deadline.cancel()
    this.#linger?.cancel()
    this.#acknowledger.close()
    this.#releaseSecrets()
    this.#circuit.close()
    this.outbox.close()
    this.#host.destroyed(this)
  }

  // The handshake

  #shake(event: HandshakeEvent): void {
    const [state, actions] = handshake(this.#handshake, event)
    this.#handshake = state
    for (const action of actions) {
      switch (action.kind) {
        case 'dial':
          this.#dial()
          break
        case 'send-hand':
          this.#greet(this.#hand())
          break
        case 'send-shake':
          if (action.answers === this.#curious?.hand)
            this.#curious = { hand: action.answers, told: this.#attempt }
          this.#greet(this.#shakeFor(action.answers, this.#token ?? NO_TOKEN))
          break
        case 'resume':
          this.#resume(action.greeting)
          break
        case 'confirmed':
          this.#circuit.confirmed()
          this.#deadline.cancel()
          this.#judge({ kind: 'shaken' })
          this.#satisfy()
          this.outbox.flushSoon()
          break
        case 'stale':
          this.#host.dropped('stale')
          break
      }
    }
  }

  /** The answer to somebody who knew only our address may have been lost with an earlier connection. */
  #satisfy(): void {
    if (this.#curious !== undefined && this.#curious.told !== this.#attempt)
      this.introduce(this.#curious.hand)
    this.#curious = undefined
  }

  /** A new connection, under a new token: what is left of the old one is void. */
  #dial(): void {
    const { random } = this.#host.settings
    this.#releaseSecrets()
    while (this.#greetings.shift() !== undefined); // they belonged to the old one
    this.pulse.reset()
    this.#progress.reset()
    this.#attempt = this.#host.nextAttempt()
    this.#nonce = random.bytes(16)
    this.#token = random.bytes(16)
    this.#host.claim(this.#token, this)
    this.#host.claim(this.#nonce, this)
    this.#circuit.dial(this.#endpoints())
  }

  #endpoints(): string[] {
    const known = this.#entry === undefined ? [] : lanes(this.#entry, this.#host.place)
    // An address that was dialled and answered is known to work, whatever the peer advertises.
    return this.address === undefined || known.includes(this.address) ? known : [...known, this.address]
  }

  #resume(greeting: Hand | Shake): void {
    const meant = greeting.kind === Kind.shake || greeting.to === this.#host.self.instance
    const sameSession = meant && greeting.session === this.session.generation
    if (this.session.resume(sameSession ? greeting.taken : 0)) return this.outbox.acknowledged()
    this.#host.settings.logger.warn(
      { uid: this.uid },
      'a peer claims to have taken what was never sent to it',
    )
    this.end('protocol')
  }

  #hand(): Hand {
    this.#named = this.instance !== undefined
    return {
      kind: Kind.hand,
      from: this.#host.self,
      meshToken: this.#host.settings.meshToken,
      toUid: this.uid ?? null,
      to: this.instance ?? null,
      nonce: this.#nonce,
      token: this.#token ?? NO_TOKEN,
      attempt: this.#attempt,
      session: this.session.generation,
      taken: this.session.taken,
    }
  }

  #shakeFor(hand: Hand, token: Uint8Array): Shake {
    return {
      kind: Kind.shake,
      from: this.#host.self,
      answers: hand.nonce,
      token,
      attempt: this.#attempt,
      session: this.session.generation,
      taken: this.session.taken,
      network: this.#host.network(),
      refused: null,
    }
  }

  #greet(greeting: Hand | Shake): void {
    const batch = new OpenBatch(this.#host.codec)
    batch.append(greeting, this.uid ?? '')
    this.#greetings.push(batch.seal().frames(NO_TOKEN, 0, 0))
    this.#circuit.wakeData()
  }

  // Sending and receiving

  #nextData(): Frames | undefined {
    const greeting = this.#greetings.shift()
    if (greeting !== undefined) return greeting
    if (this.#handshake.kind !== 'open') return undefined
    const { token } = this.#handshake
    const next = this.session.next()
    if (next === undefined && !this.#acknowledger.isDue) return undefined
    this.#acknowledger.left()
    return next === undefined
      ? new OpenBatch(this.#host.codec).seal().frames(token, 0, this.session.taken)
      : next.batch.frames(token, next.seq, this.session.taken)
  }

  #sendControl(message: Message): void {
    if (this.#handshake.kind !== 'open') return
    const batch = new OpenBatch(this.#host.codec)
    batch.append(message, this.uid ?? '')
    this.pulse.push(batch.seal().frames(this.#handshake.token, 0, this.session.taken))
    this.#circuit.wakeControl()
  }

  #receive(frames: Frames): void {
    const { limits, codec } = this.#host
    const { seq, ack } = readHeader(frames[0] ?? NO_TOKEN)
    this.#judge({ kind: 'heard' })
    this.#host.heard(this)
    this.#shake({ kind: 'batch' })
    this.#acknowledged(ack)
    if (seq !== 0) {
      const taking = this.session.take(seq)
      if (taking !== 'new') return this.#outOfTurn(taking)
      this.#acknowledger.took(frames)
    }
    const { messages, unknown } = readBatch(frames, codec, limits, this.uid ?? '')
    for (let i = 0; i < unknown; i++) this.#host.dropped('unknown-kind')
    for (const message of messages) this.#take(message)
    if (this.#handshake.kind === 'open' && this.#progress.isStuckAt(this.#now())) this.#mend()
  }

  #acknowledged(seq: number): void {
    if (seq <= this.session.acked) return
    if (!this.session.acknowledge(seq)) {
      throw new SkeinError('ERR_PROTOCOL', `batch ${seq} was acknowledged, which was never sent`)
    }
    this.outbox.acknowledged()
    this.#circuit.wakeData() // the window has opened
  }

  #outOfTurn(taking: 'duplicate' | 'gap'): void {
    this.#host.dropped(taking)
    if (taking === 'duplicate') this.#acknowledger.force()
    // Something was lost inside a connection that stands. The resume after a new handshake mends it.
    else this.#shake({ kind: 'dial' })
  }

  #take(message: Message): void {
    switch (message.kind) {
      case Kind.heart:
        return this.#sendControl(this.#beat(message.n))
      case Kind.beat:
        return this.#onBeat(message)
      case Kind.hand:
      case Kind.shake:
        return this.#host.dropped('unexpected')
      default:
        this.#host.received(this, message)
    }
  }

  #beat(n: number): Beat {
    const { sent, taken, bytes } = this.session
    const lag = Math.round(this.#host.lag())
    return { kind: Kind.beat, n, lag, running: this.#host.running(this), queued: bytes, sent, taken }
  }

  #onBeat(beat: Beat): void {
    this.#acknowledged(beat.taken)
    this.pulse.beat(beat, this.#now())
  }

  /** The peer runs, and yet nothing of ours arrives: the data connection alone is broken. */
  #mend(): void {
    this.#host.settings.logger.warn(
      { uid: this.uid },
      'the data connection makes no progress and is opened anew',
    )
    this.restart()
  }

  /** Tells a peer that it is refused, and why. */
  #tellOff(detail: string): void {
    if (this.#entry === undefined) return
    const { uid, instance } = this.#entry
    this.#sendControl({ kind: Kind.disconnect, uid, instance, reason: `protocol: ${detail}` })
  }

  // Liveness

  #judge(event: PeerEvent): void {
    const was = this.#state
    const [state, actions] = liveness(was, event, this.#now(), this.#host.settings.liveness)
    this.#state = state
    for (const action of actions) {
      if (action === 'heart') this.heart()
      else if (action === 'greet') this.restart()
      // While the control connection of a watched lane stands, there is nothing to prove.
      else if (this.lane === 'inproc' || state.kind !== 'stalled') this.#probe()
    }
    if (state.kind === was.kind) return
    if (this.isOver)
      this.#retire(state.kind === 'left' || (state.kind === 'dead' && state.reason === 'protocol'))
    this.#host.changed(this, was)
  }

  #lost(): void {
    if (this.isOver) return this.destroy()
    this.#releaseSecrets() // what is on its way still would make a link alive that has no connection
    this.#judge({ kind: 'down' })
  }

  /** If the peer's own host says that nobody listens at its address any more, the peer is gone. */
  #probe(): void {
    const { transport, place, settings } = this.#host
    if (this.#entry === undefined || this.#entry.host !== place.host) return
    void crashed(transport, this.#entry.endpoints, settings.liveness.probeTimeout).then((gone) => {
      if (gone && this.#state.kind !== 'alive') this.end('crashed') // unless it has answered since
    })
  }

  /** Ends the link's own business; `linger` leaves the connection open for what is on its way. */
  #retire(linger: boolean): void {
    if (!linger || !this.#circuit.isConnected) return this.destroy()
    const { clock, farewellTimeout } = this.#host.settings
    this.#deadline.cancel()
    this.#releaseSecrets()
    this.#acknowledger.force()
    this.outbox.close()
    this.#linger = clock.after(farewellTimeout, () => this.destroy())
  }

  #releaseSecrets(): void {
    if (this.#token !== undefined) this.#host.release(this.#token)
    this.#host.release(this.#nonce)
    this.#token = undefined
  }

  #now(): Instant {
    return this.#host.settings.clock.now()
  }
}
