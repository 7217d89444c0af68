import type { Deadlines } from '../deadlines.js'
import { RuntimeDisconnectedError, SkeinError } from '../errors.js'
import { IdTable } from '../id-table.js'
import type { Link } from '../link/link.js'
import type { Incoming } from './incoming.js'
import { type Asked, Pending, type ReplyOptions, whatOf } from './pending.js'

/** The requests that await an answer, by the id that the answer will bear. */
export class Replies {
  readonly #pending = new IdTable<Pending>()
  readonly #deadlines: Deadlines
  readonly #onGivenUp: (pending: Pending, reason: string) => void
  #lastId = 0

  /** @param givenUp a request that was sent has been cancelled or timed out: whoever runs it should know */
  constructor(deadlines: Deadlines, givenUp: (pending: Pending, reason: string) => void) {
    this.#deadlines = deadlines
    this.#onGivenUp = givenUp
  }

  get size(): number {
    return this.#pending.size
  }

  /** How many of them are addressed to a peer. */
  sizeFor(uid: string): number {
    return this.#pending.count(({ asked }) => asked.uid === uid)
  }

  /**
   * @param timeout milliseconds; Infinity for none
   * @param within the request within which it is made
   */
  open(asked: Asked, timeout: number, options: ReplyOptions = {}, within?: Incoming): Pending {
    const pending = new Pending(this, ++this.#lastId, asked, timeout, options, within)
    this.#pending.set(pending.id, pending)
    this.#deadlines.add(pending, timeout)
    pending.checkBegin()
    return pending
  }

  /** Whether a request has not settled. */
  awaits(pending: Pending): boolean {
    return this.#pending.has(pending.id)
  }

  /** The request that an answer from `uid` belongs to, if it is still awaited. */
  find(id: number, uid: string): Pending | undefined {
    const pending = this.#pending.get(id)
    return pending?.asked.uid === uid ? pending : undefined
  }

  /** A link is over: nothing that was posted to it will be answered. */
  lose(link: Link, reason: string): void {
    const hasLeft = link.state.kind === 'left' && link.state.whose === 'theirs'
    for (const pending of this.#pending.values()) {
      if (pending.link !== link) continue
      const { uid, method } = pending.asked
      const executed = hasLeft ? pending.executedOf(link.session.acked) : pending.executed
      pending.fail(new RuntimeDisconnectedError(uid, reason, executed, { method }))
    }
  }

  /** This runtime stops: nothing will be answered at all. */
  closeAll(): void {
    for (const pending of this.#pending.values()) {
      const { uid, method } = pending.asked
      const what = whatOf(pending.asked)
      const facts = { uid, method, executed: pending.executed }
      pending.reject(
        new SkeinError('ERR_CLOSED', `this runtime stopped before ${what} at ${uid} was answered`, facts),
      )
    }
  }

  /** @internal */
  close(pending: Pending): boolean {
    this.#deadlines.remove(pending)
    return this.#pending.delete(pending.id)
  }

  /** @internal */
  givenUp(pending: Pending, reason: string): void {
    this.#onGivenUp(pending, reason)
  }
}
