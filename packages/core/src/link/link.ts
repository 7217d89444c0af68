import type { Instant, Timer } from '../clock.js'
import { lanes } from '../peer/lanes.js'
import type { Parcel } from '../peer/outgoing.js'
import type { DeathReason, PeerState } from '../peer/peer-state.js'
import type { Session } from '../peer/session.js'
import type { Frames, Scheme } from '../transport/transport.js'
import { type DirectoryEntry, type Hand, Kind, type Message, type Shake } from '../wire/message.js'
import { Circuit } from './circuit.js'
import { Exchange } from './exchange.js'
import { Greeter } from './greeter.js'
import type { Intake } from './intake.js'
import { Judge } from './judge.js'
import type { LinkHost } from './link-host.js'
import type { Outbox } from './outbox.js'
import { isTheirs } from './proof.js'
import { Pulse } from './pulse.js'

/** Whom a link is to: a runtime that is known, or whoever answers at an address. */
export type Target = { readonly entry: DirectoryEntry } | { readonly address: string }

/**
 * The link to one instance of a peer: joins the parts that greet it, exchange data with it, feel its pulse and judge it.
 * When the peer is dead or has left, the link is over, and another is made for the next instance or session.
 */
export class Link {
  /** The address that was dialled, if all that was known was an address. */
  readonly address: string | undefined
  readonly pulse: Pulse
  readonly #host: LinkHost<Link>
  readonly #circuit: Circuit
  readonly #judge: Judge<Link>
  readonly #greeter: Greeter<Link>
  readonly #exchange: Exchange
  readonly #intake: Intake
  #entry: DirectoryEntry | undefined
  #linger: Timer | undefined
  #destroyed = false

  /** @param timeout milliseconds that the handshake may take, retries included */
  constructor(host: LinkHost<Link>, target: Target, timeout = host.settings.handshake.timeout) {
    const { clock } = host.settings
    this.#host = host
    this.#entry = 'entry' in target ? target.entry : undefined
    this.address = 'address' in target ? target.address : undefined
    this.#judge = new Judge(host, this, {
      heart: () => this.heart(),
      greet: () => this.restart(),
      over: () => this.#retire(),
    })
    const generation = this.#entry === undefined ? 1 : host.generations.next(this.#entry.instance)
    this.#exchange = new Exchange(host, generation, {
      wake: () => this.#circuit.wakeData(),
      defer: host.defer,
    })
    this.pulse = new Pulse(clock, host.codec, {
      wake: () => this.#circuit.wakeControl(),
      envelope: () => {
        const { token } = this.#greeter
        return token && { token, numbers: this.#exchange.numbers(0), peer: this.uid ?? '' }
      },
    })
    this.#greeter = new Greeter(host, this, timeout, {
      dial: () => this.#dial(),
      wake: () => this.#circuit.wakeData(),
      resume: (taken) => this.#resume(taken),
      confirmed: () => this.#confirmed(),
      expired: () => void this.#unanswered(),
    })
    this.#intake = host.safeguards.newIntake(host, this, {
      greeter: this.#greeter,
      exchange: this.#exchange,
      heard: () => this.#judge.heard(),
      beaten: () => this.#judge.weigh({ kind: 'beat' }),
    })
    this.#circuit = new Circuit(host, {
      connected: () => {
        this.#judge.connected()
        this.#greeter.connected()
      },
      lost: () => this.#lost(),
      unreachable: () => this.#judge.unreachable(),
      again: () => this.#greeter.dial(),
      unanswered: () => this.restart(),
      nextData: () => this.#nextData(),
      nextControl: () => this.pulse.next(),
    })
  }

  get session(): Session {
    return this.#exchange.session
  }

  get outbox(): Outbox {
    return this.#exchange.outbox
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
    return this.#judge.state
  }

  get isOver(): boolean {
    return this.#judge.isOver
  }

  /** Whether nothing more is done about it: it is over, or destroyed. */
  get isClosed(): boolean {
    return this.isOver || this.#destroyed
  }

  /** Whether messages can be sent: the peer has our greeting before it on the connection. */
  get isOpen(): boolean {
    return this.#greeter.token !== undefined && !this.isOver
  }

  /** Whether both sides know each other's tokens. */
  get isShaken(): boolean {
    return this.#greeter.isShaken
  }

  get #hasCheaperLane(): boolean {
    const { endpoint } = this.#circuit
    return endpoint !== undefined && this.#endpoints().indexOf(endpoint) > 0
  }

  get lane(): Scheme | undefined {
    return this.#circuit.lane
  }

  /** What the peer said when it refused us. */
  get refusal(): Shake['refused'] {
    return this.#greeter.refusal
  }

  /** Why the last attempt to reach the peer failed, for people. */
  get lastFailure(): string | undefined {
    return this.#circuit.lastFailure
  }

  /** The instant at which `tick` has something to do. */
  get due(): Instant {
    return this.#judge.due
  }

  /** Begins to dial, unless that was begun already. */
  open(): void {
    this.#greeter.open()
  }

  /** Shakes hands anew, on a new connection. */
  restart(): void {
    this.#greeter.dial()
  }

  /** The first handshake may take `timeout` milliseconds from now, if that is longer than what it had. */
  extend(timeout: number): void {
    this.#greeter.extend(timeout)
  }

  /** Who it is that an anonymous link has reached. */
  identify(entry: DirectoryEntry): void {
    const { generations } = this.#host
    this.#entry = entry
    this.#judge.identify(entry)
    if (!generations.agree(this.session, generations.next(entry.instance))) this.end('session-ended')
  }

  /** A hand from this peer, checked by whoever received it. */
  onHand(hand: Hand): void {
    if (this.#entry === undefined) this.identify(hand.from)
    this.#entry = hand.from
    this.#judge.weigh({ kind: 'greeted' })
    this.#greeter.onHand(hand)
  }

  /** Tells who we are, on the connection that there is: the answer to somebody who knew only our address. */
  introduce(hand: Hand): void {
    this.#greeter.introduce(hand)
  }

  /** A shake that answers our hand, checked by whoever received it; from the instance that was greeted. */
  onShake(shake: Shake): void {
    this.#greeter.onShake(shake)
  }

  /**
   * An instance has answered our hand with a refusal. Another than a peer that was lost does not speak for it: it has the
   * address by now, and whoever is asked before the next dial says so.
   */
  onRefusal({ from, refused }: Shake): void {
    if (this.#judge.isLost && from.instance !== this.instance) return this.restart()
    this.#greeter.refused(refused)
    this.end('refused')
  }

  /**
   * Gives our hand once more, by name, if it has to name the peer, or the address that was dialled is not the cheapest
   * way there. Whether it does.
   */
  greetsAgain(shake: Shake): boolean {
    if (!this.#greeter.mustName(shake) && !(this.#greeter.isAnonymous && this.#hasCheaperLane)) return false
    this.#greeter.dial()
    return true
  }

  /** A batch that bears our token. */
  onBatch(frames: Frames): void {
    this.#intake.onBatch(frames)
  }

  /** What the batches of a turn have brought about has left: does what could wait for that. */
  settle(): void {
    if (this.isClosed) return
    this.#judge.settle()
    this.#intake.settle()
  }

  /** Puts a message into the outbox, whether or not there is room; it leaves in this turn, with others of it. */
  post(message: Message): Parcel {
    return this.#exchange.post(message, this.uid ?? '')
  }

  tick(): void {
    this.#judge.weigh({ kind: 'tick' })
  }

  /** Our own loop was late by `lost` milliseconds. */
  doubt(lost: number): void {
    this.#greeter.doubt(lost)
    this.#judge.weigh({ kind: 'doubt', lost })
  }

  /** Asks the peer whether it is well, now. */
  heart(): void {
    this.pulse.heart()
  }

  /** Somebody else reaches this very peer; or had reached it, and doesn't any more. */
  testified(verdict: 'reached' | 'lost'): void {
    this.#judge.weigh({ kind: verdict === 'reached' ? 'vouched' : 'confirmed' })
  }

  /** The peer is dead, as far as we are concerned. */
  end(reason: DeathReason): void {
    this.#judge.weigh({ kind: 'ended', reason })
  }

  /** The peer has said farewell. What it sent before is ours already; it waits only for our acknowledgement. */
  farewell(reason: string): void {
    this.#judge.weigh({ kind: 'farewell', whose: 'theirs', reason })
  }

  /** Requests of the peer's wait to be started, from the batch of this number on; none do, if it is undefined. */
  hold(seq: number | undefined): void {
    this.#exchange.hold(seq)
  }

  /** Tells the peer that we go, behind all that was posted: none of that can be taken back any more. */
  announce(reason: string): void {
    const { uid, instance } = this.#host.self
    this.post({ kind: Kind.disconnect, uid, instance, reason })
    this.#exchange.commit()
  }

  /** Says farewell to the peer. What was posted before may still leave. */
  leave(reason: string): void {
    this.announce(reason)
    this.#judge.weigh({ kind: 'farewell', whose: 'ours', reason })
  }

  /** Drops everything at once, without a word to anybody. */
  destroy(): void {
    if (this.#destroyed) return
    this.#destroyed = true
    this.#judge.close()
    this.#linger?.cancel()
    this.#greeter.close()
    this.#circuit.close()
    this.#exchange.close()
    this.#host.on.destroyed(this)
  }

  #dial(): void {
    this.pulse.reset()
    this.#exchange.reset()
    const { transport, settings } = this.#host
    const { entry } = this
    const asked =
      this.#judge.isLost && entry !== undefined
        ? (endpoint: string) => isTheirs(transport, entry, endpoint, settings.handshake.dialTimeout)
        : undefined
    this.#circuit.dial(this.#endpoints(), asked)
  }

  #endpoints(): string[] {
    const known = this.#entry === undefined ? [] : lanes(this.#entry, this.#host.place)
    // An address that was dialled and answered is known to work, whatever the peer advertises.
    return this.address === undefined || known.includes(this.address) ? known : [...known, this.address]
  }

  /**
   * The handshake has had its time. A peer that we know by name, and whose connection stands on a lane that can tell, is
   * busy: it has as much time again.
   */
  async #unanswered(): Promise<void> {
    const { transport, settings } = this.#host
    const { timeout, dialTimeout } = settings.handshake
    const { endpoint, lane } = this.#circuit
    if (this.#judge.state.kind !== 'shaking' || this.#entry === undefined || lane === 'inproc')
      return this.end('no-answer')
    const isThere = endpoint === undefined || (await isTheirs(transport, this.#entry, endpoint, dialTimeout))
    if (this.isClosed || this.isShaken) return
    if (isThere && this.#judge.state.kind === 'shaking')
      this.#greeter.extend(endpoint === undefined ? dialTimeout : timeout)
    else this.end('no-answer')
  }

  #resume(taken: number): void {
    if (this.#exchange.resume(taken)) return
    this.end('protocol')
    const { logger } = this.#host.settings
    logger.warn({ uid: this.uid }, 'a peer claims to have taken what was never sent to it')
  }

  #confirmed(): void {
    this.#circuit.confirmed()
    this.#judge.weigh({ kind: 'shaken' })
    if (this.isClosed) return
    this.outbox.flushSoon()
    this.#host.on.shaken(this)
  }

  #lost(): void {
    if (this.isOver) return this.destroy()
    this.#greeter.release()
    this.#judge.cutOff()
  }

  #nextData(): Frames | undefined {
    const greeting = this.#greeter.next()
    if (greeting !== undefined) return greeting
    const { token } = this.#greeter
    if (token === undefined) return undefined
    // What has not left when the peer is lost is certain never to run there. Before a farewell of ours, it may.
    const isLost = this.isOver && !(this.#judge.state.kind === 'left' && this.#judge.state.whose === 'ours')
    return isLost ? this.#exchange.nextAcknowledgement(token) : this.#exchange.nextData(token)
  }

  /** Ends the link's own business. The connection may stay open for a while for what is on its way. */
  #retire(): void {
    const lingers = this.#judge.state.kind === 'left' || this.#intake.toldOff
    if (!lingers || !this.#circuit.isConnected) return this.destroy()
    const { clock, farewellTimeout } = this.#host.settings
    this.#greeter.close()
    this.#exchange.retire()
    this.#linger = clock.after(farewellTimeout, () => this.destroy())
    this.#host.on.lingers(this)
  }
}
