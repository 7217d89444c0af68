/** Follows who holds a name: called with true when it is bound, with false when whoever held it is gone. */
export type InprocWatcher = (isBound: boolean) => void

/**
 * Which inproc names the plain sockets of a ZeroMQ context have bound, in this thread. libzmq tells nothing of them: a
 * socket that is connected to a name before it is bound keeps what it is given for whoever will bind it, and one whose
 * peer has gone is never connected again.
 */
export class InprocNames {
  readonly #bound = new Set<string>()
  readonly #watchers = new Map<string, Set<InprocWatcher>>()

  /** @param endpoint with its scheme */
  isBound(endpoint: string): boolean {
    return this.#bound.has(endpoint)
  }

  add(endpoint: string): void {
    this.#bound.add(endpoint)
    this.#tell(endpoint, true)
  }

  /** Does nothing if it is not bound. */
  delete(endpoint: string): void {
    if (this.#bound.delete(endpoint)) this.#tell(endpoint, false)
  }

  /** Tells of changes from now on. The function returned ends that. */
  watch(endpoint: string, watcher: InprocWatcher): () => void {
    const watchers = this.#watchers.get(endpoint) ?? new Set()
    this.#watchers.set(endpoint, watchers.add(watcher))
    return () => {
      watchers.delete(watcher)
      if (watchers.size === 0 && this.#watchers.get(endpoint) === watchers) this.#watchers.delete(endpoint)
    }
  }

  #tell(endpoint: string, isBound: boolean): void {
    for (const watcher of [...(this.#watchers.get(endpoint) ?? [])]) watcher(isBound)
  }
}
