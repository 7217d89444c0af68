import type { Instant, Timer } from '../clock.js'
import type { Place } from '../host.js'
import { Directory } from '../peer/directory.js'
import type { PeerState } from '../peer/liveness.js'
import type { CommsSettings } from '../settings.js'
import type { Frames, Transport } from '../transport/transport.js'
import { readGreeting } from '../wire/batch.js'
import type { Codec } from '../wire/codec.js'
import { NO_TOKEN_KEY, tokenKey, tokenOf } from '../wire/header.js'
import type { Limits } from '../wire/limits.js'
import { type DirectoryEntry, type Hand, Kind, type Message, type Shake } from '../wire/message.js'
import { Contests } from './contests.js'
import { Link } from './link.js'
import type { DropReason, LinkHost } from './link-host.js'
import type { LinkParts } from './parts.js'
import { Rate } from './rate.js'
import { Refusals } from './refusals.js'
import type { Safeguards } from './safeguards.js'
import { sameSecret } from './secret.js'
import type { Secrets } from './secrets.js'

/** What the links tell those who use them. */
export interface LinksEvents {
  /** A message for this runtime. */
  received(link: Link, message: Message): void
  /** A peer has told of those it knows. */
  network(shake: Shake): void
  /** The state of a link has become another kind. */
  changed(link: Link, was: PeerState): void
  /** An address that was dialled turned out to be a runtime that is linked already. */
  merged(link: Link, into: Link): void
  running(link: Link): number
}

/** Greetings are the one thing that strangers can send: so many at once, so many a second, and the rest is dropped. */
const GREETINGS_BURST = 4096
const GREETINGS_PER_SECOND = 1024

/** Lateness of our own timer, in milliseconds, from which we doubt ourselves rather than others. */
const DOUBT_FROM = 200

/** How many ended sessions are remembered, so that a peer that comes back is not taken for what it was. */
const GRAVES = 10_000

/** All links of a runtime: who is linked, whom a batch belongs to, who may open a link. */
export class Links implements LinkHost<Link> {
  readonly settings: CommsSettings
  readonly limits: Limits
  readonly codec: Codec
  readonly transport: Transport
  readonly place: Place
  readonly safeguards: Safeguards
  readonly self: DirectoryEntry
  readonly directory = new Directory()
  readonly drops = new Map<DropReason, number>()

  readonly #on: LinksEvents
  readonly #byUid = new Map<string, Link>()
  /** By the tokens that we gave, and the nonces of the hands that are out. */
  readonly #bySecret: Secrets<Link>
  /** Links to an address, until it is known who answers there. */
  readonly #anonymous = new Set<Link>()
  /** Links that are over and still let their last acknowledgement leave. */
  readonly #lingering = new Set<Link>()
  readonly #generations = new Map<string, number>()
  readonly #greetings: Rate
  readonly #contests: Contests
  readonly #refusals: Refusals
  #attempts = 0
  #timer: Timer | undefined
  #armed: Instant = Number.POSITIVE_INFINITY
  #lag = 0
  #closed = false

  constructor(parts: LinkParts, on: LinksEvents) {
    this.settings = parts.settings
    this.limits = parts.limits
    this.codec = parts.codec
    this.transport = parts.transport
    this.place = parts.place
    this.safeguards = parts.safeguards
    this.#bySecret = parts.safeguards.newSecrets()
    this.self = parts.self
    this.#on = on
    const { clock, liveness } = parts.settings
    this.#greetings = new Rate(clock, GREETINGS_BURST, GREETINGS_PER_SECOND)
    this.#refusals = new Refusals(this)
    this.#contests = new Contests(clock, liveness.stalledAfter, {
      refuse: (hand) =>
        this.#refuse(hand, 'ERR_UID_TAKEN', `${hand.from.uid} is held by a runtime that is alive`),
      accept: (hand, link) => {
        link.end('replaced')
        this.#admit(hand)
      },
    })
  }

  /** The link to a uid, unless there is none or it is over. */
  get(uid: string): Link | undefined {
    return this.#byUid.get(uid)
  }

  all(): Link[] {
    return [...this.#byUid.values()]
  }

  /** The link to a runtime that is known, opened if there is none yet. */
  to(uid: string): Link | undefined {
    const link = this.#byUid.get(uid)
    if (link !== undefined) return link
    const entry = this.directory.get(uid)
    if (entry === undefined || this.#closed) return undefined
    const made = new Link(this, { entry })
    this.#byUid.set(uid, made)
    made.open()
    return made
  }

  /** A new link to whoever answers at an address. */
  dial(address: string, timeout: number): Link {
    const link = new Link(this, { address }, timeout)
    this.#anonymous.add(link)
    link.open()
    return link
  }

  /** What the inbound socket has received. Never throws. */
  onBatch(frames: Frames): void {
    if (this.#closed) return
    const reading = tokenOf(frames[0])
    if (reading.kind !== 'token') return this.dropped(reading.reason)
    if (reading.token === NO_TOKEN_KEY) return this.#onGreeting(frames)
    const link = this.#bySecret.whose(reading.token)
    if (link === undefined) return this.dropped('token')
    link.onBatch(frames)
    this.#arm(link.due)
  }

  /** Ends every link at once. What was posted is lost unless it was acknowledged before. */
  close(): void {
    this.#closed = true
    this.#timer?.cancel()
    this.#contests.close()
    this.#refusals.close()
    for (const link of [...this.#byUid.values(), ...this.#anonymous, ...this.#lingering]) link.destroy()
    this.#byUid.clear()
    this.#anonymous.clear()
    this.#lingering.clear()
  }

  // LinkHost

  nextAttempt(): number {
    return ++this.#attempts
  }

  nextGeneration(instance: string): number {
    return this.#generations.get(instance) ?? 1
  }

  network(): readonly DirectoryEntry[] {
    if (!this.settings.introduces) return []
    return this.all().flatMap((link) => (link.isShaken && link.entry !== undefined ? [link.entry] : []))
  }

  claim(secret: Uint8Array, link: Link): void {
    this.#bySecret.claim(secret, link)
  }

  release(secret: Uint8Array): void {
    this.#bySecret.release(secret)
  }

  destroyed(link: Link): void {
    this.#lingering.delete(link)
  }

  identified(link: Link, shake: Shake): boolean {
    this.#anonymous.delete(link)
    const { from } = shake
    const known = this.#byUid.get(from.uid)
    if (known !== undefined && known.instance === from.instance) {
      link.destroy()
      // The peer has taken the token of that greeting for the one to use: begin again on the link that stays.
      if (tokenKey(shake.token) !== NO_TOKEN_KEY) known.restart()
      this.#on.merged(link, known)
      return false
    }
    // Whoever answers at the address lives; a link under the same name to somebody else is to a predecessor.
    known?.end('replaced')
    this.directory.learn(from)
    this.#byUid.set(from.uid, link)
    link.identify(from)
    return true
  }

  changed(link: Link, was: PeerState): void {
    const { uid, instance } = link
    if (link.isOver) {
      this.#anonymous.delete(link)
      if (uid !== undefined && this.#byUid.get(uid) === link) this.#byUid.delete(uid)
      if (instance !== undefined) this.#atLeast(instance, link.session.generation + 1)
      if (uid !== undefined && instance !== undefined && !mayReturn(link.state))
        this.directory.forget(uid, instance)
      this.#lingering.add(link)
    }
    this.#arm(link.due)
    this.#on.changed(link, was)
    if (link.isOver) this.#contests.ended(link)
  }

  heard(link: Link): void {
    this.#contests.heard(link)
  }

  introduced(shake: Shake): void {
    this.#on.network(shake)
  }

  received(link: Link, message: Message): void {
    this.#on.received(link, message)
  }

  dropped(reason: DropReason): void {
    this.drops.set(reason, (this.drops.get(reason) ?? 0) + 1)
  }

  lag(): number {
    return this.#lag
  }

  running(link: Link): number {
    return this.#on.running(link)
  }

  defer(fn: () => void): void {
    // After all promise jobs that are queued now, and those that they queue: whatever they post leaves together.
    queueMicrotask(() => process.nextTick(fn))
  }

  // Greetings

  #onGreeting(frames: Frames): void {
    if (!this.#greetings.allows()) return this.dropped('rate')
    let greeting: Hand | Shake
    try {
      greeting = readGreeting(frames, this.codec, this.limits)
    } catch {
      return this.dropped('greeting')
    }
    if (greeting.kind === Kind.shake) return this.#onShake(greeting)
    if (!sameSecret(greeting.meshToken, this.settings.meshToken)) return this.dropped('mesh-token')
    this.#onHand(greeting)
  }

  #onShake(shake: Shake): void {
    const link = this.#bySecret.whose(tokenKey(shake.answers))
    if (link === undefined) return this.dropped('stale')
    const stranger = link.instance !== undefined && link.instance !== shake.from.instance
    if (stranger && shake.refused === null) return this.#succeed(link, shake.from)
    if (
      link.instance !== undefined &&
      shake.session > link.session.generation &&
      !link.session.renumber(shake.session)
    ) {
      // The peer has given up the session that we hold; what was in it is settled, and another is opened.
      link.end('session-ended')
      this.#atLeast(shake.from.instance, shake.session)
      this.to(shake.from.uid)
      return
    }
    link.onShake(shake)
    this.#arm(link.due)
  }

  /** The runtime that we greeted is no more; a later instance of the same uid, at the same address, has answered. */
  #succeed(link: Link, entry: DirectoryEntry): void {
    link.end('replaced')
    this.directory.learn(entry)
    this.to(entry.uid)
  }

  #onHand(hand: Hand): void {
    const { uid, instance } = this.self
    if (hand.toUid !== null && hand.toUid !== uid) {
      return this.#refuse(hand, 'ERR_NO_SUCH_PEER', `at this address answers ${uid}, not ${hand.toUid}`)
    }
    if (hand.from.uid === uid) {
      const self = hand.from.instance === instance
      const why = self
        ? 'this address is the dialling runtime itself'
        : `${uid} is held by the runtime that was greeted`
      return this.#refuse(hand, self ? 'ERR_INVALID_ADDRESS' : 'ERR_UID_TAKEN', why)
    }
    const link = this.#byUid.get(hand.from.uid)
    if (link?.instance !== undefined && link.instance !== hand.from.instance)
      return this.#contests.open(link, hand)
    this.#admit(hand)
  }

  /** A hand from somebody who may have its uid. */
  #admit(hand: Hand): void {
    const { from } = hand
    const held = this.#byUid.get(from.uid)
    if (held?.isShaken && hand.to === null) return held.introduce(hand)
    if (hand.to === this.self.instance) this.#atLeast(from.instance, hand.session)
    if (held !== undefined && held.session.generation < this.nextGeneration(from.instance)) {
      if (!held.session.renumber(this.nextGeneration(from.instance))) held.end('session-ended')
    }
    this.directory.learn(from)
    const link = this.#byUid.get(from.uid) ?? this.#adopt(from)
    link.onHand(hand)
    this.#arm(link.due)
  }

  /** The link for a newcomer: the one that is dialling its address already, or a new one. */
  #adopt(entry: DirectoryEntry): Link {
    for (const link of this.#anonymous) {
      if (link.address === undefined || !entry.endpoints.includes(link.address)) continue
      this.#anonymous.delete(link)
      this.#byUid.set(entry.uid, link)
      return link
    }
    const link = new Link(this, { entry })
    this.#byUid.set(entry.uid, link)
    return link
  }

  #refuse(hand: Hand, code: string, message: string): void {
    this.settings.logger.info({ uid: hand.from.uid, code }, `refused a hand: ${message}`)
    this.#refusals.send(hand, code, message)
  }

  /** Sessions with that instance are numbered from here. */
  #atLeast(instance: string, generation: number): void {
    const next = Math.max(generation, this.nextGeneration(instance))
    this.#generations.delete(instance) // the latest last
    this.#generations.set(instance, next)
    if (this.#generations.size <= GRAVES) return
    const oldest = this.#generations.keys().next()
    if (!oldest.done) this.#generations.delete(oldest.value)
  }

  // Time

  /** One timer for all links, set to the earliest instant at which one of them has something to do. */
  #arm(due: Instant): void {
    if (this.#closed || due >= this.#armed) return
    this.#armed = due
    this.#timer?.cancel()
    this.#timer = this.settings.clock.after(due - this.settings.clock.now(), () => this.#tick())
  }

  #tick(): void {
    const now = this.settings.clock.now()
    const late = Math.max(0, now - this.#armed)
    this.#armed = Number.POSITIVE_INFINITY
    this.#lag = late
    let next = Number.POSITIVE_INFINITY
    for (const link of this.all()) {
      // What came in while we were stalled has not been read yet: judge nobody before it is.
      if (late >= DOUBT_FROM) link.doubt(late)
      else if (link.due <= now) link.tick()
      next = Math.min(next, link.due)
    }
    this.#arm(Math.max(next, late >= DOUBT_FROM ? now + 1 : now))
  }
}

/** Whether a peer that ended this way may still be there: it is kept in the directory. */
function mayReturn(state: PeerState): boolean {
  return (
    state.kind === 'dead' &&
    (state.reason === 'no-answer' || state.reason === 'session-ended' || state.reason === 'protocol')
  )
}
