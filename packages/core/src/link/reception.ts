import type { Directory } from '../peer/directory.js'
import type { Frames } from '../transport/transport.js'
import { readGreeting } from '../wire/batch.js'
import { NO_TOKEN_KEY, tokenKey, tokenOf } from '../wire/header.js'
import { type DirectoryEntry, type Hand, Kind, type Shake } from '../wire/message.js'
import { Contests } from './contests.js'
import type { Link } from './link.js'
import type { LinkHost } from './link-host.js'
import { Rate } from './rate.js'
import { Refusals } from './refusals.js'
import { sameSecret } from './secrets.js'
import { Strangers } from './strangers.js'

/** What the reception needs of the table of links. */
export interface ReceptionTable {
  readonly directory: Directory
  /** The link to a uid, unless there is none or it is over. */
  get(uid: string): Link | undefined
  /** The link to a runtime that is known, opened if there is none yet. */
  to(uid: string): Link | undefined
  /** A link for somebody who has none and greets us. */
  adopt(entry: DirectoryEntry): Link
  /** A link to an address turns out to be to this runtime, and takes the place of whatever link there is to its uid. */
  name(link: Link, entry: DirectoryEntry): void
  /** The link may be due at another instant. */
  arm(link: Link): void
}

export interface ReceptionEvents {
  /** A peer has told of those it knows. */
  network(shake: Shake): void
  /** An address that was dialled turned out to be a runtime that is linked already. */
  merged(link: Link, into: Link): void
}

/** Greetings are the one thing that strangers can send: so many at once, so many a second, and the rest is dropped. */
const GREETINGS_BURST = 4096
const GREETINGS_PER_SECOND = 1024

/** Receives what comes in, and decides who may open a link. */
export class Reception {
  readonly #host: LinkHost<Link>
  readonly #table: ReceptionTable
  readonly #on: ReceptionEvents
  readonly #greetings: Rate
  readonly #contests: Contests
  readonly #refusals: Refusals
  readonly #strangers: Strangers

  constructor(host: LinkHost<Link>, table: ReceptionTable, on: ReceptionEvents) {
    this.#host = host
    this.#table = table
    this.#on = on
    const { clock, liveness, logger } = host.settings
    this.#greetings = new Rate(clock, GREETINGS_BURST, GREETINGS_PER_SECOND)
    this.#strangers = new Strangers(clock, logger)
    this.#refusals = new Refusals(host)
    this.#contests = new Contests(clock, liveness.stalledAfter, {
      refuse: (hand) =>
        this.#refuse(hand, 'ERR_UID_TAKEN', `${hand.from.uid} is held by a runtime that is alive`),
      accept: (hand, link) => {
        link.end('replaced')
        // Whoever has claimed the uid is not the latest to have it. If it is there still, it asks again.
        if (this.#isAnother(hand.from)) return host.drops.count('stale')
        this.#onHand(hand)
      },
    })
  }

  /** What the inbound socket has received. */
  onBatch(frames: Frames): void {
    const { drops, secrets } = this.#host
    const reading = tokenOf(frames[0])
    if (reading.kind !== 'token') return drops.count(reading.reason)
    if (reading.token === NO_TOKEN_KEY) return this.#onGreeting(frames)
    const link = secrets.whose(reading.token)
    if (link === undefined) return drops.count('token')
    link.onBatch(frames)
  }

  /** A peer has answered a heart, by its number. */
  answered(link: Link, n: number): void {
    this.#contests.answered(link, n)
  }

  /** A link is over. */
  ended(link: Link): void {
    this.#contests.ended(link)
  }

  close(): void {
    this.#contests.close()
    this.#refusals.close()
  }

  #onGreeting(frames: Frames): void {
    const { drops, codec, limits, settings } = this.#host
    if (!this.#greetings.allows()) return drops.count('rate')
    let greeting: Hand | Shake
    try {
      greeting = readGreeting(frames, codec, limits)
    } catch {
      return drops.count('greeting')
    }
    if (greeting.kind === Kind.shake) return this.#onShake(greeting)
    if (sameSecret(greeting.meshToken, settings.meshToken)) return this.#onHand(greeting)
    drops.count('mesh-token')
    this.#strangers.greeted(greeting.from.uid)
  }

  // A hand

  #onHand(hand: Hand): void {
    const { self } = this.#host
    if (hand.toUid !== null && hand.toUid !== self.uid) {
      const why = `at this address answers ${self.uid}, not ${hand.toUid}`
      return this.#refuse(hand, 'ERR_NO_SUCH_PEER', why)
    }
    if (hand.from.instance === self.instance && hand.from.uid === self.uid) {
      return this.#refuse(hand, 'ERR_INVALID_ADDRESS', 'this address is the dialling runtime itself')
    }
    if (hand.from.uid === self.uid) {
      return this.#refuse(hand, 'ERR_UID_TAKEN', `${self.uid} is held by the runtime that was greeted`)
    }
    const holder = this.#table.get(hand.from.uid)
    if (holder !== undefined && holder.instance !== hand.from.instance)
      return this.#contests.open(holder, hand)
    this.#admit(hand, holder)
  }

  /** A hand from somebody who may have its uid. */
  #admit(hand: Hand, held: Link | undefined): void {
    const { from } = hand
    const { generations, self } = this.#host
    if (held?.isShaken && hand.to === null) return held.introduce(hand)
    if (hand.to === self.instance) generations.atLeast(from.instance, hand.session)
    if (held !== undefined) this.#agree(held, from, generations.next(from.instance))
    // Where another instance is known, that one may be the later: the handshake will show.
    if (!this.#isAnother(from)) this.#table.directory.learn(from)
    // Whoever heard of an end just now may have opened another link.
    const link = this.#table.get(from.uid) ?? this.#table.adopt(from)
    link.onHand(hand)
    this.#table.arm(link)
  }

  /** Whether the instance that is known under this uid is another one. */
  #isAnother({ uid, instance }: DirectoryEntry): boolean {
    const known = this.#table.directory.get(uid)
    return known !== undefined && known.instance !== instance
  }

  #refuse(hand: Hand, code: string, message: string): void {
    this.#host.settings.logger.info({ uid: hand.from.uid, code }, `refused a hand: ${message}`)
    this.#refusals.send(hand, code, message)
  }

  // A shake

  #onShake(shake: Shake): void {
    const { from, refused } = shake
    const link = this.#host.secrets.whose(tokenKey(shake.answers))
    if (link === undefined) return this.#host.drops.count('stale')
    if (refused !== null) return link.onRefusal(shake)
    if (link.instance === undefined && !this.#identify(link, shake)) return
    if (link.instance !== from.instance) return this.#succeed(link, from)
    if (link.greetsAgain(shake)) return
    // Where the peer has given up the session that we hold, what was in it is settled, and another is opened.
    if (!this.#agree(link, from, shake.session)) return void this.#table.to(from.uid)
    this.#on.network(shake)
    link.onShake(shake)
    this.#table.arm(link)
  }

  /** An address has answered. False if no link is needed there. */
  #identify(link: Link, { from, token }: Shake): boolean {
    const known = this.#table.get(from.uid)
    if (known === undefined || known.instance !== from.instance) {
      this.#table.name(link, from)
      return !link.isOver
    }
    link.destroy()
    // The peer has taken the token of that greeting for the one to use: begin again on the link that stays.
    if (tokenKey(token) !== NO_TOKEN_KEY) known.restart()
    this.#on.merged(link, known)
    return false
  }

  /** The runtime that we greeted is no more; a later instance of the same uid, at the same address, has answered. */
  #succeed(link: Link, entry: DirectoryEntry): void {
    this.#table.directory.learn(entry)
    link.end('replaced')
    this.#table.to(entry.uid)
  }

  /** Brings a link under the number that the peer gives its session. False if the session is over instead. */
  #agree(link: Link, { instance }: DirectoryEntry, theirs: number): boolean {
    const { generations } = this.#host
    if (generations.agree(link.session, theirs)) return true
    generations.atLeast(instance, theirs)
    link.end('session-ended')
    return false
  }
}
