import type { DirectoryEntry } from '../wire/message.js'

export interface LookUpsParts {
  /** Asks somebody who may know for a uid that the directory doesn't have. */
  readonly resolve: ((uid: string) => Promise<DirectoryEntry | undefined>) | undefined
  /** A runtime is known that wasn't. */
  readonly learned: (entry: DirectoryEntry) => void
  /** Calls back when the present turn of the event loop has done its work. */
  readonly defer: (fn: () => void) => void
}

/** The uids that are being asked for: once for all who want to know at the time. */
export class LookUps {
  readonly #parts: LookUpsParts
  readonly #asking = new Map<string, Promise<unknown>>()
  /** How each of them ends before its answer. */
  readonly #found = new Map<string, () => void>()

  constructor(parts: LookUpsParts) {
    this.#parts = parts
  }

  /** Whether somebody waits for a uid: whoever asks now goes behind them, so that the order of requests holds. */
  isAsking(uid: string): boolean {
    return this.#asking.has(uid)
  }

  /**
   * Makes sure that the directory knows a uid, if anybody does. Never rejects; resolves with why nobody could be asked,
   * where that is so.
   */
  ask(uid: string): Promise<unknown> {
    const known = this.#asking.get(uid)
    if (known !== undefined) return known
    const found = new Promise<void>((resolve) => this.#found.set(uid, resolve))
    const asking = this.#ask(uid, found)
    this.#asking.set(uid, asking)
    return asking
  }

  /** A uid is known by now: it was introduced, or has greeted us. Whoever is asked may not answer for long. */
  found(uid: string): void {
    this.#found.get(uid)?.()
  }

  async #ask(uid: string, found: Promise<void>): Promise<unknown> {
    try {
      const entry = await Promise.race([this.#parts.resolve?.(uid), found])
      if (entry !== undefined) this.#parts.learned(entry)
      return undefined
    } catch (error) {
      // The uid stays unknown, and whoever wanted it is told why.
      return error
    } finally {
      this.#found.delete(uid)
      this.#parts.defer(() => this.#asking.delete(uid))
    }
  }
}
