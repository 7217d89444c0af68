/** That a context wants what is sent on a channel. */
export interface Interest {
  readonly key: string
  /**
   * How many messages its sender may be ahead of it; 0 for as many as it likes.
   */
  readonly window: number
}

/** A context, as it describes itself to all others. */
export interface Vertex {
  readonly id: string
  /** Counts its descriptions: of two, the later one holds. */
  readonly version: number
  /** The contexts that it is connected to. */
  readonly neighbours: readonly string[]
  readonly interests: readonly Interest[]
}

/** So many contexts that can't be reached are remembered: what is told of one may come before what leads to it. */
const MOST_UNREACHABLE = 1000

/**
 * What a context knows of the network: every context tells all others of its neighbours and interests, and each works
 * out by itself where messages are to go. A connection counts when both its ends tell of it, or one's own end does.
 */
export class Graph {
  readonly id: string
  #own: Vertex
  readonly #others = new Map<string, Vertex>()
  /** Of each neighbour, all contexts that are reached through it without coming back here. */
  #ways: Map<string, ReadonlySet<string>> | undefined
  #routes = new Map<string, readonly string[]>()
  #counts = new Map<string, number>()
  #interested = new Map<string, ReadonlyMap<string, number>>()
  #awaited = new Map<string, boolean>()

  constructor(id: string) {
    this.id = id
    this.#own = { id, version: 0, neighbours: [], interests: [] }
  }

  /** Describes this context anew. */
  describe(neighbours: readonly string[], interests: readonly Interest[]): void {
    this.#own = { id: this.id, version: this.#own.version + 1, neighbours, interests }
    this.#changed()
  }

  /** Takes in what a context says of itself. Whether it was news. */
  learn(vertex: Vertex): boolean {
    const { id, version } = vertex
    if (id === this.id || (this.#others.get(id)?.version ?? 0) >= version) return false
    this.#others.delete(id) // so that the one told of last is last
    this.#others.set(id, vertex)
    this.#changed()
    this.#prune()
    return true
  }

  /** What a context has said of itself holds no more. */
  forget(id: string): void {
    if (this.#others.delete(id)) this.#changed()
  }

  knows(id: string): boolean {
    return this.#others.has(id)
  }

  /** As this context describes itself. */
  get own(): Vertex {
    return this.#own
  }

  others(): Vertex[] {
    return [...this.#others.values()]
  }

  /** All contexts that are reached, this one left out. */
  reachable(): ReadonlySet<string> {
    const all = new Set<string>()
    for (const beyond of this.#allWays().values()) for (const id of beyond) all.add(id)
    return all
  }

  reaches(id: string): boolean {
    return this.waysTo(id) > 0
  }

  /** Through how many neighbours a context is reached. */
  waysTo(id: string): number {
    const known = this.#counts.get(id)
    if (known !== undefined) return known
    let ways = 0
    for (const beyond of this.#allWays().values()) if (beyond.has(id)) ways += 1
    this.#counts.set(id, ways)
    return ways
  }

  /** The contexts that are reached and want a channel, with their windows. */
  interested(key: string): ReadonlyMap<string, number> {
    const known = this.#interested.get(key)
    if (known !== undefined) return known
    const found = new Map<string, number>()
    for (const id of this.reachable()) {
      const interest = this.#others.get(id)?.interests.find((each) => each.key === key)
      if (interest !== undefined) found.set(id, interest.window)
    }
    this.#interested.set(key, found)
    return found
  }

  /** Whether a context that is reached wants a channel, and to be waited for. */
  isAwaited(key: string): boolean {
    const known = this.#awaited.get(key)
    if (known !== undefined) return known
    const isAwaited = [...this.interested(key).values()].some((window) => window > 0)
    this.#awaited.set(key, isAwaited)
    return isAwaited
  }

  /** The contexts that want a channel and are reached through a neighbour. */
  interestedBeyond(neighbour: string, key: string): ReadonlySet<string> {
    const wanting = this.interested(key)
    return new Set([...(this.#allWays().get(neighbour) ?? [])].filter((id) => wanting.has(id)))
  }

  /** The neighbours through whom somebody is reached that wants a channel. */
  routes(key: string): readonly string[] {
    const known = this.#routes.get(key)
    if (known !== undefined) return known
    const wanting = this.interested(key)
    const routes = [...this.#allWays()].flatMap(([neighbour, beyond]) =>
      [...beyond].some((id) => wanting.has(id)) ? [neighbour] : [],
    )
    this.#routes.set(key, routes)
    return routes
  }

  /** The neighbour through whom the way to a context is shortest. */
  nextHop(target: string): string | undefined {
    const lengths = this.#own.neighbours.map((neighbour) => ({
      neighbour,
      length: this.#walk(neighbour).get(target) ?? Number.POSITIVE_INFINITY,
    }))
    lengths.sort((a, b) => a.length - b.length)
    const [best] = lengths
    return best === undefined || best.length === Number.POSITIVE_INFINITY ? undefined : best.neighbour
  }

  #allWays(): Map<string, ReadonlySet<string>> {
    this.#ways ??= new Map(this.#own.neighbours.map((each) => [each, new Set(this.#walk(each).keys())]))
    return this.#ways
  }

  /** How far all contexts are that are reached from one without passing this. */
  #walk(from: string): Map<string, number> {
    const lengths = new Map([[from, 0]])
    // A map is gone through in the order of its entries, those included that are added meanwhile.
    for (const [id, length] of lengths) {
      for (const next of this.#others.get(id)?.neighbours ?? []) {
        if (next === this.id || lengths.has(next)) continue
        if (this.#others.get(next)?.neighbours.includes(id) === true) lengths.set(next, length + 1)
      }
    }
    return lengths
  }

  #changed(): void {
    this.#ways = undefined
    this.#routes = new Map()
    this.#counts = new Map()
    this.#interested = new Map()
    this.#awaited = new Map()
  }

  #prune(): void {
    if (this.#others.size <= MOST_UNREACHABLE) return
    const reached = this.reachable()
    let spare = this.#others.size - reached.size - MOST_UNREACHABLE
    for (const id of this.#others.keys()) {
      if (spare <= 0) return
      if (reached.has(id)) continue
      this.#others.delete(id)
      spare -= 1
    }
  }
}
