import type { SkeinError } from '../errors.js'
import type { Link } from '../link/link.js'
import type { FlowOptions } from '../options.js'
import type { OfferedStream } from '../stream/producer.js'
import { isStream } from '../wire/exporters.js'
import { type Call, type Cmd, Kind, type Message } from '../wire/message.js'
import { within } from './current-request.js'
import type { Incoming, RequestTime } from './incoming.js'
import { type Dispatch, Serving, type ServingPort } from './serving.js'

/**
 * Requests of one peer that may wait here. How many do is for its own window to say, which isn't known here: this is far
 * above any, and only keeps memory from one that has none.
 */
const MOST_WAITING = 100_000

export interface ServingsParts {
  readonly uid: string
  readonly time: RequestTime
  readonly flow: FlowOptions
  readonly dispatch: Dispatch
  /** Requests that are run even while this runtime drains. */
  readonly isVital: (request: Incoming) => boolean
  /** Whether methods can ask for the request that they run for. */
  readonly requestContext: boolean
  /** Sends a message to this runtime itself. */
  readonly toSelf: (message: Message) => void
  /** The streams that were handed out in the message that was sent last. */
  readonly offered: () => readonly OfferedStream[]
  /** A request of `from` that expects no answer has thrown. */
  readonly failed: (from: string, error: unknown) => void
}

/** The requests that run here, by the links over which they came. */
export class Servings {
  readonly #parts: ServingsParts
  readonly #dispatch: Dispatch
  readonly #byLink = new Map<Link, Serving>()
  /** Of links that are over, as long as something of them runs. */
  readonly #leftover = new Set<Serving>()
  readonly own: Serving
  #refusing: SkeinError | undefined
  #isVital: (request: Incoming) => boolean

  constructor(parts: ServingsParts) {
    this.#parts = parts
    const { dispatch, requestContext, toSelf } = parts
    this.#isVital = parts.isVital
    this.#dispatch = requestContext ? (request) => within(request, dispatch) : dispatch
    // What is sent to oneself has no outbox that could be full.
    const post: ServingPort['post'] = (answer, request) => this.#post(answer, request, toSelf)
    const port = { post, hasRoom: () => true, whenRoom: () => {}, hold: () => {} }
    this.own = this.#new(parts.uid, port)
  }

  /** Requests of a peer's that run or wait. */
  sizeOf(link: Link): number {
    return this.#byLink.get(link)?.size ?? 0
  }

  /** @param seq the number of the batch in which it came */
  run(link: Link, message: Call | Cmd, seq: number): void {
    let serving = this.#byLink.get(link)
    if (serving === undefined) {
      serving = this.#new(link.uid ?? '', {
        post: (answer, request) =>
          link.isOver ? [] : this.#post(answer, request, (message) => link.post(message)),
        hasRoom: () => link.isOver || link.session.hasRoomForAnswers,
        whenRoom: (fn) => link.outbox.whenRoomForAnswers(fn),
        hold: (from) => void (link.isOver || link.hold(from)),
      })
      if (this.#refusing !== undefined) serving.refuse(this.#refusing, this.#isVital)
      this.#byLink.set(link, serving)
    }
    serving.run(message, seq)
  }

  cancel(link: Link, id: number, reason: string): void {
    this.#byLink.get(link)?.cancel(id, reason)
  }

  /** A link is over: nobody waits for what came over it. */
  abandon(link: Link, reason: SkeinError): void {
    const serving = this.#byLink.get(link)
    if (serving === undefined) return
    this.#byLink.delete(link)
    this.#leftover.add(serving)
    serving.abandon(reason)
    void serving.idle().then(() => this.#leftover.delete(serving))
  }

  /** From now on requests of others are refused, but those that are vital. What runs goes on. */
  refuse(reason: SkeinError): void {
    this.#refusing = reason
    for (const serving of this.#byLink.values()) serving.refuse(reason, this.#isVital)
  }

  /** From now on all requests of others are refused: they are told that we have left. */
  leave(reason: SkeinError): void {
    this.#isVital = () => false
    this.refuse(reason)
  }

  /** Resolves when nothing runs any more. */
  async idle(): Promise<void> {
    await Promise.all(this.#all().map((serving) => serving.idle()))
  }

  /** This runtime ends: nobody waits for anything. */
  close(reason: SkeinError): void {
    for (const serving of this.#all()) {
      serving.refuse(reason, () => false)
      serving.abandon(reason)
    }
    this.#byLink.clear()
  }

  #post(answer: Message, request: Incoming, send: (answer: Message) => void): readonly OfferedStream[] {
    // What a stream does is done for the request that it answers.
    if (this.#parts.requestContext && answer.kind === Kind.reply && isIterated(answer.value))
      within(request, () => send(answer))
    else send(answer)
    return this.#parts.offered()
  }

  #all(): Serving[] {
    return [this.own, ...this.#byLink.values(), ...this.#leftover]
  }

  #new(from: string, port: Omit<ServingPort, 'failed'>): Serving {
    const { time, flow, failed } = this.#parts
    const options = { from, time, maxRunning: flow.maxRunning, maxWaiting: MOST_WAITING }
    return new Serving(
      { ...options, dispatch: this.#dispatch },
      { ...port, failed: (error) => failed(from, error) },
    )
  }
}

function isIterated(value: unknown): boolean {
  return typeof value === 'object' && value !== null && isStream(value)
}
