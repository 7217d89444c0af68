import { type AbortWatcher, unwatchAbort, watchAbort } from '../abort-watch.js'
import { type Deadlines, Due } from '../deadlines.js'

export interface Patience {
  /** Milliseconds. */
  readonly timeout: number
  /** What to reject with when they have passed. */
  readonly timedOut: () => Error
}

export interface Abortable {
  /** Not aborted yet. */
  readonly signal: AbortSignal | undefined
  /** What to reject with when it is. */
  readonly cancelled: (signal: AbortSignal) => Error
}

class Waiter<T> extends Due implements AbortWatcher {
  constructor(
    readonly key: string,
    readonly until: Patience | Abortable,
    readonly resolve: (value: T) => void,
    readonly reject: (error: unknown) => void,
    readonly forget: (waiter: Waiter<T>) => void,
  ) {
    super()
  }

  get signal(): AbortSignal | undefined {
    return 'cancelled' in this.until ? this.until.signal : undefined
  }

  override expired(): void {
    this.forget(this)
    if ('timedOut' in this.until) this.reject(this.until.timedOut())
  }

  aborted(): void {
    this.forget(this)
    if ('cancelled' in this.until && this.until.signal !== undefined)
      this.reject(this.until.cancelled(this.until.signal))
  }
}

/** Those who wait for something to happen to a peer, under a uid or an instance. */
export class Waiters<T = void> {
  readonly #deadlines: Deadlines
  readonly #waiters = new Set<Waiter<T>>()

  constructor(deadlines: Deadlines) {
    this.#deadlines = deadlines
  }

  /** Resolves with the next `settle(key)`, or rejects when patience is over or the signal aborted. */
  wait(key: string, until: Patience | Abortable): Promise<T> {
    return new Promise((resolve, reject) => {
      const waiter = new Waiter<T>(key, until, resolve, reject, (done) => this.#forget(done))
      this.#waiters.add(waiter)
      if ('timedOut' in until) this.#deadlines.add(waiter, until.timeout)
      else if (until.signal !== undefined) watchAbort(until.signal, waiter)
    })
  }

  waitsFor(key: string): boolean {
    for (const waiter of this.#waiters) if (waiter.key === key) return true
    return false
  }

  settle(key: string, value: T): void {
    this.#end(
      (waiter) => waiter.key === key,
      (waiter) => waiter.resolve(value),
    )
  }

  close(error: Error): void {
    this.#end(
      () => true,
      (waiter) => waiter.reject(error),
    )
  }

  #end(which: (waiter: Waiter<T>) => boolean, how: (waiter: Waiter<T>) => void): void {
    for (const waiter of this.#waiters) {
      if (!which(waiter)) continue
      this.#forget(waiter)
      how(waiter)
    }
  }

  #forget(waiter: Waiter<T>): void {
    this.#waiters.delete(waiter)
    this.#deadlines.remove(waiter)
    if (waiter.signal !== undefined) unwatchAbort(waiter.signal, waiter)
  }
}
