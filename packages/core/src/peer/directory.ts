import type { DirectoryEntry } from '../wire/message.js'

/** The runtimes that are known to exist, by uid: those that were introduced, and those that introduced themselves. */
export class Directory {
  readonly #entries = new Map<string, DirectoryEntry>()

  get(uid: string): DirectoryEntry | undefined {
    return this.#entries.get(uid)
  }

  /** The latest word about a uid counts. */
  learn(entry: DirectoryEntry): void {
    this.#entries.set(entry.uid, entry)
  }

  /** That instance is gone; a successor under the same uid stays. */
  forget(uid: string, instance: string): boolean {
    return this.#entries.get(uid)?.instance === instance && this.#entries.delete(uid)
  }

  entries(): DirectoryEntry[] {
    return [...this.#entries.values()]
  }
}
