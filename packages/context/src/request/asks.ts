import { SkeinError } from '@skein/core'
import { type Deadlines, Fifo, IdTable } from '@skein/core/internal'
import { Ask, type AskOptions } from './ask.js'
import { requestFrames } from './envelope.js'

/** Those given up that the queue may hold before it is gone through for them. */
const MOST_DEAD = 64

/** The requests to one endpoint: those that wait to be sent, in order, and those that await an answer, by number. */
export class Asks {
  readonly address: string
  readonly #deadlines: Deadlines
  readonly #most: number
  readonly #open = new IdTable<Ask>()
  #queue = new Fifo<Ask>()
  #dead = 0
  #lastId = 0

  /** @param most how many may be open */
  constructor(address: string, deadlines: Deadlines, most: number) {
    this.address = address
    this.#deadlines = deadlines
    this.#most = most
  }

  get size(): number {
    return this.#open.size
  }

  /** Resolves to the payload of the answer. */
  open(payload: readonly Uint8Array[], options: AskOptions): Promise<readonly Buffer[]> {
    const { address } = this
    if (this.size >= this.#most) {
      const message = `${this.#most} requests to ${address} are under way already`
      const facts = { address, limit: this.#most, executed: 'no' } as const
      return Promise.reject(new SkeinError('ERR_OVERLOADED', message, facts))
    }
    return new Promise((settle) => {
      const ask = new Ask(this, ++this.#lastId, payload, options, settle)
      this.#open.set(ask.id, ask)
      this.#queue.push(ask)
      if (options.signal?.aborted) ask.aborted()
      else this.#deadlines.add(ask, options.timeout)
    })
  }

  /** The message of the next request that is to be sent. */
  next(): Uint8Array[] | undefined {
    for (let ask = this.#queue.shift(); ask !== undefined; ask = this.#queue.shift()) {
      const payload = ask.take()
      if (payload !== undefined) return requestFrames(ask.id, payload)
      this.#dead -= 1
    }
    return undefined
  }

  /** The request that an answer belongs to, if it is awaited still. */
  find(id: number): Ask | undefined {
    return this.#open.get(id)
  }

  /** @internal Whether it was open. */
  close(ask: Ask): boolean {
    if (!this.#open.delete(ask.id)) return false
    this.#deadlines.remove(ask)
    if (!ask.sent) this.#dropped()
    return true
  }

  /** Ends those that have been sent: their connection is lost, and their answers with it. */
  lose(reason: string): void {
    const { address } = this
    for (const ask of this.#open.values()) {
      if (!ask.sent) continue
      const message = `the connection to ${address} was lost (${reason}); the request may have run`
      ask.reject(new SkeinError('ERR_PEER_LOST', message, { address, reason, executed: 'maybe' }))
    }
  }

  end(): void {
    const { address } = this
    for (const ask of this.#open.values()) {
      const facts = { address, executed: ask.executed }
      ask.reject(new SkeinError('ERR_CLOSED', `the requester of ${address} was closed`, facts))
    }
  }

  /** One in the queue is not to be sent any more: while nobody can be reached, they would pile up there. */
  #dropped(): void {
    this.#dead += 1
    if (this.#dead < MOST_DEAD || this.#dead * 2 < this.#queue.length) return
    const queue = new Fifo<Ask>()
    for (let ask = this.#queue.shift(); ask !== undefined; ask = this.#queue.shift())
      if (this.#open.has(ask.id)) queue.push(ask)
    this.#queue = queue
    this.#dead = 0
  }
}
