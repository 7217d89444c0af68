import { Deadlines } from '../deadlines.js'
import { SkeinError } from '../errors.js'
import type { Link } from '../link/link.js'
import type { Links, LinksEvents } from '../link/links.js'
import type { Safeguards } from '../link/safeguards.js'
import { endOf, type PeerState } from '../peer/peer-state.js'
import type { CommsSettings } from '../settings.js'
import { Streams } from '../stream/streams.js'
import { atEndOfTurn } from '../turn.js'
import type { Codec, RemoteReferences, RemoteStreams } from '../wire/codec.js'
import type { Limits } from '../wire/limits.js'
import { type DirectoryEntry, Kind, type Message, type Reply } from '../wire/message.js'
import { Dials } from './dials.js'
import type { Incoming } from './incoming.js'
import { Introductions } from './introductions.js'
import { Loopback } from './loopback.js'
import { isGone, type PeerChange } from './peer-change.js'
import type { Pending } from './pending.js'
import { Requests } from './requests.js'
import type { Dispatch } from './serving.js'
import { Servings } from './servings.js'
import { streamPorts } from './stream-ports.js'
import { Waiters } from './waiters.js'
import { Witnesses } from './witnesses.js'

export interface TrafficParts {
  readonly instance: string
  readonly settings: CommsSettings
  readonly limits: Limits
  readonly references: RemoteReferences | undefined
  readonly safeguards: Safeguards
  readonly dispatch: Dispatch
  /** Requests that are run even while this runtime drains. */
  readonly isVital: (request: Incoming) => boolean
  readonly resolve: ((uid: string) => Promise<DirectoryEntry | undefined>) | undefined
  readonly makeCodec: (streams: RemoteStreams) => Codec
  /** The links of a runtime that is running; throws ERR_CLOSED otherwise. */
  readonly running: () => Links
  /** A peer's state has changed. */
  readonly changed: (change: PeerChange) => void
  /** Somebody asks this runtime to end. */
  readonly stop: (from: string) => void
}

/**
 * What goes over the links, and to this runtime itself: requests and their answers, streams, and who comes and goes.
 * Leads each message that comes in to where it belongs.
 */
export class Traffic {
  readonly codec: Codec
  readonly requests: Requests
  readonly servings: Servings
  /** Who waits for a uid to be there. */
  readonly waiters: Waiters
  /** Who waits for an instance to be gone. */
  readonly ends: Waiters<PeerChange>
  readonly dials: Dials
  readonly #parts: TrafficParts
  readonly #deadlines: Deadlines
  readonly #streams: Streams
  #links: Links | undefined
  #introductions: Introductions | undefined
  #witnesses: Witnesses | undefined

  constructor(parts: TrafficParts) {
    const { settings, limits } = parts
    const { uid, clock, random, flow, timeout, requestContext, logger } = settings
    this.#parts = parts
    const deadlines = new Deadlines(clock)
    this.#deadlines = deadlines
    this.waiters = new Waiters(deadlines)
    this.ends = new Waiters(deadlines)
    this.dials = new Dials(deadlines)
    const linkTo = (peer: string): Link | undefined => this.#links?.get(peer)
    this.#streams = new Streams(
      streamPorts({
        uid,
        clock,
        deadlines,
        limits,
        linkTo,
        toSelf: (message) => loopback.postOfStream(message),
        defer: atEndOfTurn,
        requestContext,
      }),
    )
    this.codec = parts.makeCodec(this.#streams)
    const offered = () => this.#streams.taken()
    this.requests = new Requests({
      uid,
      clock,
      random,
      deadlines,
      timeout,
      offered,
      defer: atEndOfTurn,
      links: parts.running,
      toSelf: (message) => loopback.post(message),
      resolve: parts.resolve,
      ended: (peer) => this.#introductions?.standings.end(peer),
      learned: (entry) => {
        if (this.#introductions?.hasEnded(entry) !== true) this.#links?.directory.learn(entry)
      },
    })
    this.servings = new Servings({
      uid,
      flow,
      requestContext,
      offered,
      time: { instance: parts.instance, clock, deadlines },
      dispatch: parts.dispatch,
      isVital: parts.isVital,
      toSelf: (answer) => loopback.post(answer),
      failed: (from, error) =>
        logger.error({ uid: from, error }, 'a request that expects no answer has failed'),
    })
    const loopback = new Loopback({
      uid,
      limits,
      codec: this.codec,
      replies: this.requests.replies,
      serving: () => this.servings.own,
      streams: () => this.#streams,
      stop: () => parts.stop(uid),
    })
  }

  get introductions(): Introductions | undefined {
    return this.#introductions
  }

  /** What links are to tell. */
  readonly events: LinksEvents = {
    received: (link, message, seq) => this.#received(link, message, seq),
    network: (shake) => this.#introductions?.network(shake),
    began: (link) => {
      if (link.uid !== undefined) this.requests.lookUps.found(link.uid)
      // Not at once: whoever hears of it may end the link, and whoever has asked for it is about to use it.
      atEndOfTurn(() => this.#introductions?.began(link))
    },
    changed: (link, was) => this.#changed(link, was),
    asks: (link) => this.#witnesses?.ask(link),
    shaken: (link) => this.#shaken(link),
    merged: (link, into) => this.dials.merged(link, into),
    running: (link) => this.servings.sizeOf(link),
  }

  /** From now on it goes over these. */
  open(links: Links): void {
    this.#links = links
    this.#witnesses = new Witnesses(links, this.#parts.settings, this.#parts.safeguards)
    this.#introductions = new Introductions(links, this.#parts.settings, {
      changed: (change) => {
        if (isGone(change)) this.ends.settle(change.instance, change)
        this.#parts.changed(change)
      },
      learned: (uid) => {
        this.requests.lookUps.found(uid)
        if (this.waiters.waitsFor(uid)) links.to(uid)
      },
    })
  }

  /** Nothing goes any more, and whoever waits for something is told so. */
  close(error: SkeinError): void {
    this.dials.close(error)
    this.waiters.close(error)
    this.ends.close(error)
    this.requests.replies.closeAll()
    this.#streams.close(error)
    this.servings.close(error)
    this.#witnesses?.close()
    this.#links?.close()
    this.#deadlines.close()
  }

  #received(link: Link, message: Message, seq: number): void {
    switch (message.kind) {
      case Kind.call:
      case Kind.cmd:
        return this.servings.run(link, message, seq)
      case Kind.reply:
        return this.#replied(link, message)
      case Kind.raise:
        return this.#awaited(link, message.id)?.fail(message.error)
      case Kind.cancel:
        return this.servings.cancel(link, message.id, message.reason)
      case Kind.next:
      case Kind.credit:
      case Kind.end:
      case Kind.close:
      case Kind.fail:
        // What comes for a stream that is over was on its way when it ended.
        return void this.#streams.received(link.uid ?? '', message)
      case Kind.connect:
        return this.#introductions?.learn(message.entry)
      case Kind.disconnect:
        return this.#introductions?.disconnect(link, message)
      case Kind.ask:
        return this.#witnesses?.asked(link, message)
      case Kind.tell:
        return this.#witnesses?.told(link, message)
      case Kind.stop:
        return this.#parts.stop(link.uid ?? '')
      default:
        this.#links?.dropped('unexpected')
    }
  }

  #replied(link: Link, { id, value }: Reply): void {
    const pending = this.#awaited(link, id)
    const streams = this.#streams.streamsIn(value, link.uid ?? '')
    if (pending !== undefined) pending.resolve(value, streams)
    else for (const stream of streams) stream.cancel('nobody waits for it')
  }

  #awaited(link: Link, id: number): Pending | undefined {
    const pending = this.requests.replies.find(id, link.uid ?? '')
    if (pending === undefined) this.#links?.dropped('reply')
    return pending
  }

  #changed(link: Link, was: PeerState): void {
    const { uid } = link
    if (link.isOver) this.#over(link, uid)
    if (link.state.kind === 'suspect') this.#witnesses?.lost(link)
    this.#introductions?.changed(link, was)
    // Whoever waits for a uid whose link failed goes on waiting until its own deadline: dial again.
    if (link.isOver && uid !== undefined && this.waiters.waitsFor(uid)) this.#links?.to(uid)
  }

  #over(link: Link, uid: string | undefined): void {
    if (uid !== undefined) {
      const reason = endOf(link.state)
      const error = new SkeinError('ERR_PEER_LOST', `the caller ${uid} was lost (${reason})`, { uid, reason })
      this.requests.replies.lose(link, reason)
      this.#streams.lose(uid, reason)
      this.servings.abandon(link, error)
    }
    this.dials.ended(link)
    this.#witnesses?.ended(link)
  }

  #shaken(link: Link): void {
    this.dials.shaken(link)
    if (link.uid !== undefined) this.waiters.settle(link.uid)
  }
}
