import type { Timer } from '../clock.js'
import { messageOf } from '../errors.js'
import { type Frames, type Scheme, schemeOf } from '../transport/transport.js'
import { Dialler, type IsTheirs } from './dialler.js'
import type { LinkParts } from './parts.js'
import { Writer } from './writer.js'

export interface CircuitEvents {
  /** The connection stands. */
  connected(): void
  /** The connection that stood is lost; another will be asked for by `again`. */
  lost(): void
  /** No endpoint could be reached; another attempt will be asked for by `again`. */
  unreachable(): void
  /** It is time to dial again. */
  again(): void
  /** The connection stands, and nobody has answered the greeting. */
  unanswered(): void
  nextData(): Frames | undefined
  nextControl(): Frames | undefined
}

/** Delays before dialling again, in milliseconds: none after a loss, then doubling from the first to the second. */
const FIRST_DELAY = 50
const LONGEST_DELAY = 1000

/**
 * The connections of a link, one pair at a time: made, watched over until the peer has answered, closed, and made again,
 * later and later while nobody can be reached.
 */
export class Circuit {
  readonly #parts: LinkParts
  readonly #on: CircuitEvents
  /** Endpoints where nobody answered on a lane that can't tell whether anybody is there; tried last next time. */
  readonly #doubtful = new Set<string>()
  #dialler: Dialler | undefined
  #data: Writer | undefined
  #control: Writer | undefined
  #endpoint: string | undefined
  #failures = 0
  #lastFailure: string | undefined
  #answerTimer: Timer | undefined
  #againTimer: Timer | undefined

  constructor(parts: LinkParts, on: CircuitEvents) {
    this.#parts = parts
    this.#on = on
  }

  get isConnected(): boolean {
    return this.#data !== undefined
  }

  /** Where it is connected. */
  get endpoint(): string | undefined {
    return this.#endpoint
  }

  get lane(): Scheme | undefined {
    return this.#endpoint === undefined ? undefined : schemeOf(this.#endpoint)
  }

  /** Why the last attempt failed, for people. */
  get lastFailure(): string | undefined {
    return this.#lastFailure
  }

  /**
   * Closes the connection that is there, and makes another to the first of the endpoints that answers.
   *
   * @param isTheirs asked of an endpoint that answers, before anything else is done there
   */
  dial(endpoints: readonly string[], isTheirs?: IsTheirs): void {
    const { transport, settings } = this.#parts
    const { clock, liveness, handshake } = settings
    this.close()
    this.#dialler = new Dialler(
      transport,
      this.#inOrder(endpoints),
      clock,
      { ...liveness, ...handshake },
      {
        connected: ({ endpoint, control, data }) => {
          const failed = (error: unknown) => this.#lost(messageOf(error))
          const patience = handshake.answerTimeout * Math.min(5, 2 ** Math.min(this.#failures, 3))
          this.#answerTimer = clock.after(patience, () => this.#unanswered())
          this.#endpoint = endpoint
          this.#control = new Writer(control, this.#on.nextControl, failed)
          this.#data = new Writer(data, this.#on.nextData, failed)
          this.#on.connected()
        },
        lost: (reason) => this.#lost(reason),
        exhausted: (reason) => {
          this.#lastFailure = reason
          this.#later()
          this.#on.unreachable()
        },
      },
      isTheirs,
    )
  }

  /** There may be something to send. */
  wakeData(): void {
    this.#data?.wake()
  }

  wakeControl(): void {
    this.#control?.wake()
  }

  /** The peer has answered: the next loss is not one in a row. */
  confirmed(): void {
    this.#failures = 0
    this.#doubtful.clear()
    this.#answerTimer?.cancel()
  }

  /** Closes the connection; nothing is called until it is dialled again. */
  close(): void {
    this.#answerTimer?.cancel()
    this.#againTimer?.cancel()
    this.#dialler?.close()
    this.#data?.close()
    this.#control?.close()
    this.#dialler = this.#data = this.#control = this.#endpoint = undefined
  }

  #lost(reason: string): void {
    this.#lastFailure = reason
    this.#later()
    this.#on.lost()
  }

  #unanswered(): void {
    // inproc can't tell whether anybody is there; the other lanes can, and a busy peer will answer in time.
    if (this.lane === 'inproc' && this.#endpoint !== undefined) this.#doubtful.add(this.#endpoint)
    this.#failures += 1
    this.#on.unanswered()
  }

  #later(): void {
    this.close()
    const delay = this.#failures === 0 ? 0 : Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** (this.#failures - 1))
    this.#failures += 1
    this.#againTimer = this.#parts.settings.clock.after(delay, this.#on.again)
  }

  #inOrder(endpoints: readonly string[]): string[] {
    if (endpoints.every((endpoint) => this.#doubtful.has(endpoint))) this.#doubtful.clear()
    return [
      ...endpoints.filter((endpoint) => !this.#doubtful.has(endpoint)),
      ...endpoints.filter((endpoint) => this.#doubtful.has(endpoint)),
    ]
  }
}
