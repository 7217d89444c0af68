import { atEndOfTurn } from '@skein/core/internal'
import { Graph, type Interest } from './graph.js'
import { MALFORMED } from './handlers.js'
import type { Neighbour } from './neighbour.js'
import { readVertices, vertexRow } from './read.js'

/** What the network needs of the context in it, and what it tells. */
export interface NetworkPort {
  /** The id of the context. */
  readonly id: string
  /** Whether what comes from one neighbour is passed on to others. */
  readonly relays: boolean
  /** What this context wants of others. */
  interests(): readonly Interest[]
  /** The first neighbour has told what is wanted, by itself and behind it. */
  opened(first: Neighbour): void
  /** Who is there, or what anybody wants, has changed. */
  changed(): void
}

/** Who is connected to a context, and what all contexts say of themselves: each tells all others. */
export class Network {
  readonly graph: Graph
  readonly #port: NetworkPort
  /** By the ids of their contexts. Two contexts may be connected more than once. */
  readonly #neighbours = new Map<string, Neighbour[]>()
  /** Of those that have left. */
  #discarded = 0
  #isDescribed = false
  #isToBeTold = false

  constructor(port: NetworkPort) {
    this.#port = port
    this.graph = new Graph(port.id)
  }

  /** Whether a neighbour has told what is wanted. */
  get isDescribed(): boolean {
    return this.#isDescribed
  }

  /** How many messages the queues of connections had no room for. */
  get discarded(): number {
    const all = [...this.#neighbours.values()].flat()
    return all.reduce((sum, { discarded }) => sum + discarded, this.#discarded)
  }

  /** One of each context. */
  get neighbours(): Neighbour[] {
    return [...this.#neighbours.values()].flatMap(([first]) => (first === undefined ? [] : [first]))
  }

  /** The one by whom a context is told what is not sent over all connections. */
  neighbour(id: string): Neighbour | undefined {
    return this.#neighbours.get(id)?.[0]
  }

  /** All connections that lead to a context. */
  connections(id: string): readonly Neighbour[] {
    return this.#neighbours.get(id) ?? []
  }

  joined(neighbour: Neighbour): void {
    const { id } = neighbour
    const same = this.#neighbours.get(id)
    if (same === undefined) {
      this.#neighbours.set(id, [neighbour])
      this.#neighboursChanged()
    } else same.push(neighbour)
    this.#tellAll(neighbour)
  }

  left(neighbour: Neighbour): void {
    const { id } = neighbour
    this.#discarded += neighbour.discarded
    const others = this.connections(id).filter((each) => each !== neighbour)
    const [first] = others
    if (first !== undefined) {
      this.#neighbours.set(id, others)
      // What was on its way over the one that is lost may be lost with it.
      this.#tellAll(first)
      this.#port.changed()
    } else if (this.#neighbours.delete(id)) {
      // In a mesh nobody else knows of it, and when it comes back it tells of itself: until then it wants nothing.
      if (!this.#port.relays) this.graph.forget(id)
      this.#isDescribed = this.neighbours.some(({ hasDescribed }) => hasDescribed)
      this.#neighboursChanged()
    }
  }

  /** A neighbour tells of itself, and of those behind it. */
  told(from: Neighbour, args: readonly unknown[]): unknown {
    const read = readVertices(args)
    if (read === undefined) return MALFORMED
    const news = read.filter((vertex) => this.graph.learn(vertex))
    const isFirst = !from.hasDescribed
    const isOpened = !this.#isDescribed
    from.hasDescribed = true
    this.#isDescribed = true
    if (news.length > 0 && this.#port.relays) this.#tell(news.map(vertexRow), from.id)
    if (news.length > 0 || isFirst) this.#port.changed()
    if (isOpened) this.#port.opened(from)
    return undefined
  }

  /** All are told of what has changed here, at the end of the turn: of all that has changed by then. */
  describe(): void {
    this.#describe()
    if (!this.#isToBeTold) atEndOfTurn(this.#tellOwn)
    this.#isToBeTold = true
  }

  #neighboursChanged(): void {
    if (this.#port.relays) this.describe()
    else this.#describe()
  }

  #describe(): void {
    this.graph.describe([...this.#neighbours.keys()], this.#port.interests())
    this.#port.changed()
  }

  readonly #tellOwn = (): void => {
    this.#isToBeTold = false
    this.#tell([this.#ownRow()], undefined)
  }

  /** What a context that relays knows of the network, and any other of itself. */
  #tellAll(neighbour: Neighbour): void {
    const others = this.#port.relays ? this.graph.others().map(vertexRow) : []
    neighbour.tell('graph', [this.#ownRow(), ...others])
  }

  /** Who is connected here is nobody's business if nothing comes through. */
  #ownRow(): unknown[] {
    const { own } = this.graph
    return vertexRow(this.#port.relays ? own : { ...own, neighbours: [] })
  }

  #tell(rows: readonly unknown[][], except: string | undefined): void {
    for (const neighbour of this.neighbours) if (neighbour.id !== except) neighbour.tell('graph', rows)
  }
}
