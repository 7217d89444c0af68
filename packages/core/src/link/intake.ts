import { SkeinError } from '../errors.js'
import type { Frames } from '../transport/transport.js'
import { NO_TOKEN, readHeader } from '../wire/header.js'
import { type Beat, Kind, type Message } from '../wire/message.js'
import type { Exchange } from './exchange.js'
import type { Greeter } from './greeter.js'
import type { Link } from './link.js'
import type { LinkHost } from './link-host.js'

export interface IntakeParts {
  readonly greeter: Greeter<Link>
  readonly exchange: Exchange
  /** The peer is heard. */
  readonly heard: () => void
  /** It has told how it is; `pulse.last` has that. */
  readonly beaten: () => void
}

/** Takes in the batches that bear a link's token: each message goes where it belongs, and what can't be read ends the link. */
export class Intake {
  readonly #host: LinkHost<Link>
  readonly #link: Link
  readonly #parts: IntakeParts
  #toldOff = false

  constructor(host: LinkHost<Link>, link: Link, parts: IntakeParts) {
    this.#host = host
    this.#link = link
    this.#parts = parts
  }

  /** Whether the peer was told, by a last word of ours, that its session is over. */
  get toldOff(): boolean {
    return this.#toldOff
  }

  onBatch(frames: Frames): void {
    const { greeter, exchange, heard } = this.#parts
    const link = this.#link
    if (link.isClosed) return this.#host.drops.count('token')
    const header = this.#reading(() => readHeader(frames[0] ?? NO_TOKEN))
    if (header === undefined) return
    heard()
    greeter.proven()
    if (link.isClosed) return
    const received = this.#reading(() => exchange.receive(frames, header, link.uid ?? ''))
    if (received === undefined) return
    if (received.kind !== 'messages') return this.#outOfTurn(received.kind)
    for (let i = 0; i < received.unknown; i++) this.#host.drops.count('unknown-kind')
    try {
      this.takeIn(received.messages, received.seq)
    } finally {
      exchange.tookIn()
    }
  }

  /** What the batches of a turn have brought about has left: does what could wait for that. */
  settle(): void {
    const { exchange } = this.#parts
    const link = this.#link
    exchange.settle()
    if (link.isOpen && exchange.isStuckAt(this.#host.settings.clock.now())) this.#mend()
  }

  /** The messages of a batch that was taken go where they belong, in this very turn: it is acknowledged after that. */
  protected takeIn(messages: readonly Message[], seq: number): void {
    for (const message of messages) {
      // Whatever a message has brought about, what comes after the end of a link is for nobody.
      if (this.#link.isClosed) return
      this.#take(message, seq)
    }
  }

  #outOfTurn(kind: 'duplicate' | 'gap'): void {
    this.#host.drops.count(kind)
    // Something was lost inside a connection that stands. The resume after a new handshake mends it.
    if (kind === 'gap') this.#parts.greeter.dial()
  }

  #take(message: Message, seq: number): void {
    switch (message.kind) {
      case Kind.heart:
        return this.#link.pulse.beat(this.#beat(message.n))
      case Kind.beat:
        return this.#onBeat(message)
      case Kind.hand:
      case Kind.shake:
        return this.#host.drops.count('unexpected')
      default:
        this.#deliver(message, seq)
    }
  }

  /** A mistake of whoever takes a message is not its sender's, and costs the others of the batch nothing. */
  #deliver(message: Message, seq: number): void {
    const { on, settings } = this.#host
    try {
      on.received(this.#link, message, seq)
    } catch (error) {
      if (isPeersFault(error)) return this.#unreadable(error)
      settings.logger.error({ uid: this.#link.uid, error }, 'what a message asks for has failed')
    }
  }

  #beat(n: number): Beat {
    const { sent, taken, bytes } = this.#link.session
    const lag = Math.round(this.#host.lag())
    return { kind: Kind.beat, n, lag, running: this.#host.running(this.#link), queued: bytes, sent, taken }
  }

  #onBeat(beat: Beat): void {
    const read = this.#reading(() => {
      this.#parts.exchange.acknowledged(beat.taken)
      return true
    })
    if (read === undefined) return
    this.#link.pulse.took(beat)
    this.#parts.beaten()
    this.#host.on.answered(this.#link, beat.n)
  }

  /** Reads what a peer has sent. If it can't be read the link is over, and there is nothing. */
  #reading<T>(read: () => T): T | undefined {
    try {
      return read()
    } catch (error) {
      this.#unreadable(error)
      return undefined
    }
  }

  #unreadable(error: unknown): void {
    const { uid } = this.#link
    const { logger } = this.#host.settings
    if (isPeersFault(error)) {
      const detail = error.message
      this.#host.drops.count('protocol')
      this.#tellOff(`protocol: ${detail}`)
      this.#link.end('protocol')
      logger.warn({ uid, detail }, 'a peer broke the protocol and is refused')
    } else {
      // What it sent can't be brought again: both sides must settle what is in flight.
      this.#tellOff('a batch could not be read here')
      this.#link.end('session-ended')
      logger.error({ uid, error }, 'a batch could not be read, and its session is ended')
    }
  }

  #tellOff(reason: string): void {
    const { entry, pulse } = this.#link
    if (entry === undefined) return
    this.#toldOff = true
    pulse.tellOff(entry, reason)
  }

  /** The peer runs, and yet nothing of ours arrives: the data connection alone is broken. */
  #mend(): void {
    const { logger } = this.#host.settings
    logger.warn({ uid: this.#link.uid }, 'the data connection makes no progress and is opened anew')
    this.#link.restart()
  }
}

function isPeersFault(error: unknown): error is SkeinError {
  return error instanceof SkeinError && PEERS_FAULT.has(error.code)
}

/** What a peer has sent is at fault, rather than something of ours. */
const PEERS_FAULT: ReadonlySet<string> = new Set(['ERR_PROTOCOL', 'ERR_TOO_LARGE'])
