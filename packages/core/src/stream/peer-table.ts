/** One end of a stream: known by the peer at the other end, and the number that its producer gave it. */
interface StreamEnd {
  readonly peer: string
  readonly number: number
}

/** Ends of streams, by peer and number. */
export class PeerTable<E extends StreamEnd> {
  readonly #byPeer = new Map<string, Map<number, E>>()

  get(peer: string, number: number): E | undefined {
    return this.#byPeer.get(peer)?.get(number)
  }

  add(end: E): void {
    const ends = this.#byPeer.get(end.peer)
    if (ends === undefined) this.#byPeer.set(end.peer, new Map([[end.number, end]]))
    else ends.set(end.number, end)
  }

  /** Another one may have its number by now, at another instance of the peer. */
  delete(end: E): void {
    const ends = this.#byPeer.get(end.peer)
    if (ends?.get(end.number) !== end) return
    ends.delete(end.number)
    if (ends.size === 0) this.#byPeer.delete(end.peer)
  }

  size(peer: string): number {
    return this.#byPeer.get(peer)?.size ?? 0
  }

  peers(): string[] {
    return [...this.#byPeer.keys()]
  }

  /** Takes out all of a peer's. */
  drain(peer: string): E[] {
    const ends = this.#byPeer.get(peer)
    this.#byPeer.delete(peer)
    return ends === undefined ? [] : [...ends.values()]
  }
}
