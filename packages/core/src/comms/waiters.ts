import { type Deadlines, Due } from '../deadlines.js'

class Waiter extends Due {
  constructor(
    readonly uid: string,
    readonly resolve: () => void,
    readonly reject: (error: unknown) => void,
    readonly timedOut: () => Error,
    readonly forget: (waiter: Waiter) => void,
  ) {
    super()
  }

  override expired(): void {
    this.forget(this)
    this.reject(this.timedOut())
  }
}

/** Those who wait for a peer to be there. */
export class Waiters {
  readonly #deadlines: Deadlines
  readonly #waiters = new Set<Waiter>()

  constructor(deadlines: Deadlines) {
    this.#deadlines = deadlines
  }

  /** Resolves at the next `arrived(uid)`, or rejects with `timedOut()` after `timeout` milliseconds. */
  wait(uid: string, timeout: number, timedOut: () => Error): Promise<void> {
    return new Promise((resolve, reject) => {
      const waiter = new Waiter(uid, resolve, reject, timedOut, (done) => this.#waiters.delete(done))
      this.#waiters.add(waiter)
      this.#deadlines.add(waiter, timeout)
    })
  }

  waitsFor(uid: string): boolean {
    for (const waiter of this.#waiters) if (waiter.uid === uid) return true
    return false
  }

  arrived(uid: string): void {
    this.#end(
      (waiter) => waiter.uid === uid,
      (waiter) => waiter.resolve(),
    )
  }

  close(error: Error): void {
    this.#end(
      () => true,
      (waiter) => waiter.reject(error),
    )
  }

  #end(which: (waiter: Waiter) => boolean, how: (waiter: Waiter) => void): void {
    for (const waiter of this.#waiters) {
      if (!which(waiter)) continue
      this.#waiters.delete(waiter)
      this.#deadlines.remove(waiter)
      how(waiter)
    }
  }
}
