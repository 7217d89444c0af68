import { SkeinError } from '@skein/core'
import type { Registration } from './registration.js'

/** What a request waits for: any worker that has a keyword, or one of its own. */
export type Wanted = string | Registration

interface Waiting {
  /** Counted up: whoever has come first is first. */
  readonly order: number
  readonly resolve: (worker: Registration) => void
  readonly reject: (error: SkeinError) => void
}

/** Requests that wait for a free slot, by what they wait for. */
export class Queue {
  readonly #lines = new Map<Wanted, Set<Waiting>>()
  readonly #limit: number
  #size = 0
  #orders = 0

  /** @param limit how many wait at most */
  constructor(limit: number) {
    this.#limit = limit
  }

  get size(): number {
    return this.#size
  }

  get isFull(): boolean {
    return this.#size >= this.#limit
  }

  waitsFor(wanted: Wanted): boolean {
    return this.#lines.has(wanted)
  }

  /** Resolves with the worker that has a slot for it, taken already. @throws ERR_CANCELLED, ERR_TIMEOUT, as the signal says */
  wait(wanted: Wanted, signal: AbortSignal): Promise<Registration> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(givenUp(signal))
      const settle = (): void => {
        signal.removeEventListener('abort', aborted)
        this.#remove(wanted, waiting)
      }
      const aborted = (): void => waiting.reject(givenUp(signal))
      const waiting: Waiting = {
        order: this.#orders++,
        resolve: (worker) => {
          settle()
          resolve(worker)
        },
        reject: (error) => {
          settle()
          reject(error)
        },
      }
      signal.addEventListener('abort', aborted)
      this.#add(wanted, waiting)
    })
  }

  /** Gives slots to those that wait, the first first, for as long as `find` has one. */
  serve(find: (wanted: Wanted) => Registration | undefined): void {
    if (this.#size === 0) return
    const lines = [...this.#lines.keys()]
    for (;;) {
      let first: { readonly waiting: Waiting; readonly worker: Registration } | undefined
      for (const wanted of lines) {
        const waiting = this.#first(wanted)
        if (waiting === undefined || (first !== undefined && first.waiting.order < waiting.order)) continue
        const worker = find(wanted)
        if (worker !== undefined) first = { waiting, worker }
      }
      if (first === undefined) return
      first.worker.take()
      first.waiting.resolve(first.worker)
    }
  }

  /** Nobody will ever come whom these have waited for. */
  fail(wanted: Wanted, error: () => SkeinError): void {
    for (const waiting of [...(this.#lines.get(wanted) ?? [])]) waiting.reject(error())
  }

  failAll(which: (wanted: Wanted) => boolean, error: (wanted: Wanted) => SkeinError): void {
    for (const wanted of [...this.#lines.keys()]) if (which(wanted)) this.fail(wanted, () => error(wanted))
  }

  #first(wanted: Wanted): Waiting | undefined {
    return this.#lines.get(wanted)?.values().next().value
  }

  #add(wanted: Wanted, waiting: Waiting): void {
    const line = this.#lines.get(wanted) ?? new Set()
    this.#lines.set(wanted, line.add(waiting))
    this.#size += 1
  }

  #remove(wanted: Wanted, waiting: Waiting): void {
    const line = this.#lines.get(wanted)
    if (line?.delete(waiting) !== true) return
    this.#size -= 1
    if (line.size === 0) this.#lines.delete(wanted)
  }
}

function givenUp({ reason }: AbortSignal): SkeinError {
  const code = reason instanceof SkeinError ? reason.code : 'ERR_CANCELLED'
  return new SkeinError(code, 'the request was given up while it waited for a worker', { executed: 'no' })
}
