/** What the network does between hosts, by their names: it outlives the processes on them. */
export class MemoryConditions {
  readonly #blocked = new Map<string, Set<string>>()
  readonly #refusing = new Set<string>()
  readonly #halfOpen = new Set<string>()

  /** Whether what `from` sends reaches `to`. */
  passes(from: string, to: string): boolean {
    return !this.#blocked.get(from)?.has(to)
  }

  block(from: string, to: string): void {
    const blocked = this.#blocked.get(from)
    if (blocked === undefined) this.#blocked.set(from, new Set([to]))
    else blocked.add(to)
  }

  unblock(from: string, to: string): void {
    this.#blocked.get(from)?.delete(to)
  }

  unblockAll(): void {
    this.#blocked.clear()
  }

  refuses(host: string): boolean {
    return this.#refusing.has(host)
  }

  setRefusing(host: string, on: boolean): void {
    if (on) this.#refusing.add(host)
    else this.#refusing.delete(host)
  }

  isHalfOpen(host: string): boolean {
    return this.#halfOpen.has(host)
  }

  setHalfOpen(host: string, on: boolean): void {
    if (on) this.#halfOpen.add(host)
    else this.#halfOpen.delete(host)
  }
}
