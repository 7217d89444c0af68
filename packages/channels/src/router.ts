import type { Incoming } from '@skein/core'
import { Audiences } from './audiences.js'
import { ChannelTable, type Endpoint, type Receiver } from './channel-table.js'
import { Graph } from './graph.js'
import type { Neighbour } from './neighbour.js'
import { copyOf, MOST_HOPS, type Package, type Parts } from './package.js'
import { BatchEncoder, readBatch } from './package-batch.js'
import { PolicyQueue } from './policy-queue.js'
import { isCount, isText, readParts, readVertices, vertexRow } from './read.js'
import type { NodeSettings } from './settings.js'
import { Unsent } from './unsent.js'
import { Windows } from './windows.js'

/** What answers a neighbour. Undefined arguments are for it to check. */
export type Handler = (from: Neighbour, args: readonly unknown[], request: Incoming) => unknown

/** What a handler returns for what it can't read. */
export const MALFORMED = Symbol('malformed')

/**
 * Leads the packages of channels from one context to the others. Of each package a context takes the first copy that
 * comes, and passes it on to all neighbours through whom somebody is reached that wants it: where there are several ways,
 * one that breaks costs nothing.
 */
export class Router {
  readonly id: string
  readonly graph: Graph
  readonly settings: NodeSettings
  /** For all neighbours. */
  readonly encoder = new BatchEncoder()
  /** By the ids of their contexts. Two contexts may be connected more than once. */
  readonly #neighbours = new Map<string, Neighbour[]>()
  readonly #channels = new ChannelTable()
  readonly #began: () => void
  readonly #handlers = new Map<string, Handler>()
  readonly #watchers = new Set<() => void>()
  readonly #windows: Windows
  readonly #numbers = new Map<string, number>()
  readonly #unsent: Unsent
  readonly #audiences: Audiences
  /** The channels that somebody has wanted, in a mesh. */
  readonly #wanted = new Set<string>()
  /** What was meant for the first neighbour, which we are, and for channels that are not there yet. */
  readonly #early: PolicyQueue<Package>
  #malformed = 0

  /** @param began a channel was made */
  constructor(id: string, settings: NodeSettings, began: () => void) {
    this.id = id
    this.settings = settings
    this.#began = began
    this.graph = new Graph(id)
    this.#windows = new Windows(settings, (arrived, from) => this.#arrived(arrived, from))
    this.#unsent = new Unsent(settings.queue)
    this.#audiences = new Audiences((key) => this.graph.interested(key))
    this.#early = new PolicyQueue(settings.queue)
    this.handle('packages', (from, args) => this.#packages(from, args))
    this.handle('graph', (from, args) => this.#vertices(from, args))
    this.handle('taken', (_, args) => this.#taken(args))
    this.handle('barrier', () => undefined)
  }

  /** How many things that came in could not be read, and were dropped. */
  get malformed(): number {
    return this.#malformed
  }

  get neighbours(): Neighbour[] {
    return [...this.#neighbours.values()].flatMap(([first]) => (first === undefined ? [] : [first]))
  }

  /** The one by whom a context is told what is not sent over all connections. */
  neighbour(id: string): Neighbour | undefined {
    return this.#neighbours.get(id)?.[0]
  }

  /** What other parts of a context answer to its neighbours. */
  handle(method: string, handler: Handler): void {
    this.#handlers.set(method, handler)
  }

  /** Calls back when the network has changed, or a channel was closed. */
  watch(fn: () => void): () => void {
    this.#watchers.add(fn)
    return () => void this.#watchers.delete(fn)
  }

  /** A neighbour has asked something. */
  dispatch(from: Neighbour, request: Incoming): unknown {
    const { method, args } = request.message
    const handler = this.#handlers.get(method)
    const result = handler === undefined ? MALFORMED : handler(from, args, request)
    if (result !== MALFORMED) return result
    this.#malformed += 1
    return undefined
  }

  /** Something else that came in could not be read. */
  countMalformed(): void {
    this.#malformed += 1
  }

  // Channels

  receiver(key: string): Receiver | undefined {
    return this.#channels.receiver(key)
  }

  /** @throws ERR_INVALID_OPTION if there is one of this name and kind */
  addReceiver(receiver: Receiver): void {
    this.#began() // which throws where there can be no channel
    this.#channels.addReceiver(receiver)
    this.#windows.anew(receiver.key)
    this.#describe()
    for (const { source, seq, parts } of this.#early.extract(({ key }) => key === receiver.key))
      this.#give(receiver, source, seq, parts)
  }

  /** @throws ERR_INVALID_OPTION if there is one of this name and kind */
  addSender(sender: Endpoint): void {
    this.#began()
    this.#channels.addSender(sender)
  }

  remove(channel: Endpoint): void {
    if (this.#channels.remove(channel)) this.#describe()
    else this.#notify()
  }

  closeChannels(): void {
    for (const channel of this.#channels.all()) channel.close()
  }

  // Messages

  /**
   * Sends a message of this context. What nobody wants goes nowhere. But what is sent before there is a neighbour waits for
   * the first; in a mesh, where neighbours come and go for other things, for the first who wants the channel.
   */
  publish(key: string, parts: Parts): number {
    if (!this.#isReached(key)) {
      this.#unsent.push({ key, parts })
      return this.last(key)
    }
    const hops = this.settings.relays ? MOST_HOPS : 1
    const seq = this.#number(key)
    const since = this.#audiences.since(key, seq)
    this.#forward({ key, parts, source: this.id, since, seq, hops }, this.id)
    return seq
  }

  /** The number of the last package of this context on a channel. */
  last(key: string): number {
    return this.#numbers.get(key) ?? 0
  }

  /** Tells the sender of a channel, by the shortest way, that this context has read everything up to a number. */
  tellTaken(sender: string, key: string, seq: number): void {
    this.#tellTaken(sender, this.id, key, seq, MOST_HOPS)
  }

  /** Resolves when nothing waits for somebody to send it to. */
  unconnected(): Promise<void> {
    return this.#unsent.gone()
  }

  // Neighbours

  joined(neighbour: Neighbour): void {
    const { id } = neighbour
    const wasAlone = this.#neighbours.size === 0
    const same = this.#neighbours.get(id)
    if (same !== undefined) {
      same.push(neighbour)
      this.#tellAll(neighbour)
      return
    }
    this.#neighbours.set(id, [neighbour])
    this.#describeNeighbours(id)
    this.#tellAll(neighbour)
    if (wasAlone && this.settings.relays) this.#sendUnsentTo(neighbour)
  }

  left(neighbour: Neighbour): void {
    const { id } = neighbour
    const others = (this.#neighbours.get(id) ?? []).filter((each) => each !== neighbour)
    const [first] = others
    if (first !== undefined) {
      this.#neighbours.set(id, others)
      // What was on its way over the one that is lost may be lost with it.
      this.#tellAll(first)
      this.#told([], undefined)
    } else if (this.#neighbours.delete(id)) {
      // In a mesh nobody else knows of it, and when it comes back it tells of itself: until then it wants nothing.
      if (!this.settings.relays) this.graph.forget(id)
      this.#describeNeighbours()
    }
  }

  /** No alarm is left when a context without connections is dropped. */
  rest(): void {
    this.#windows.rest()
  }

  #isReached(key: string): boolean {
    if (this.settings.relays) return this.#neighbours.size > 0
    if (this.#wanted.has(key)) return true
    if (this.graph.interested(key).size === 0) return false
    this.#wanted.add(key)
    return true
  }

  #sendUnsentTo(first: Neighbour): void {
    for (const { key, parts } of this.#unsent.take(() => true)) {
      const seq = this.#number(key)
      first.send({ key, parts, source: this.id, since: seq, seq, hops: 0 })
    }
  }

  #sendWanted(): void {
    for (const { key, parts } of this.#unsent.take((key) => this.#isReached(key))) this.publish(key, parts)
  }

  #number(key: string): number {
    const seq = this.last(key) + 1
    this.#numbers.set(key, seq)
    return seq
  }

  #packages(from: Neighbour, args: readonly unknown[]): unknown {
    const parts = readParts(args)
    const batch = parts && readBatch(parts)
    if (batch === undefined) return MALFORMED
    const connections = this.#neighbours.get(from.id)?.length ?? 0
    for (const each of batch)
      if (each.source !== this.id) this.#windows.take(each, from.id, connections, this.graph)
    return undefined
  }

  #taken(args: readonly unknown[]): unknown {
    const [sender, reader, key, seq, hops] = args
    if (!isText(sender) || !isText(reader) || !isText(key) || !isCount(seq) || !isCount(hops))
      return MALFORMED
    if (sender === this.id) this.#channels.sender(key)?.taken?.(reader, seq)
    else if (hops > 1) this.#tellTaken(sender, reader, key, seq, Math.min(hops, MOST_HOPS) - 1)
    return undefined
  }

  #tellTaken(sender: string, reader: string, key: string, seq: number, hops: number): void {
    const next = this.graph.nextHop(sender)
    if (next !== undefined) this.neighbour(next)?.tell('taken', sender, reader, key, seq, hops)
  }

  #arrived(arrived: Package, from: string): void {
    const { key, source, seq, hops, parts } = arrived
    const isPassedOn = hops > 1 && this.#forward({ ...arrived, hops: hops - 1 }, from)
    const receiver = this.#channels.receiver(key)
    // Whoever reads it may write over it, before it has left.
    const own = isPassedOn ? copyOf(parts) : parts
    if (receiver !== undefined) this.#give(receiver, source, seq, own)
    else if (hops === 0) this.#early.push(arrived)
  }

  #give(receiver: Receiver, source: string, seq: number, parts: Parts): void {
    if (receiver.receive?.(source, seq, parts) === false) this.#malformed += 1
  }

  /** Whether there is somebody to send it to. */
  #forward(sent: Package, from: string): boolean {
    let isSent = false
    const isKept = this.graph.isAwaited(sent.key)
    for (const id of this.graph.routes(sent.key)) {
      if (id === from || id === sent.source) continue
      // Over all connections that lead to it, since one of them may break.
      for (const neighbour of this.#neighbours.get(id) ?? []) {
        neighbour.send(sent, isKept)
        isSent = true
      }
    }
    return isSent
  }

  // The network

  #vertices(from: Neighbour, args: readonly unknown[]): unknown {
    const read = readVertices(args)
    if (read === undefined) return MALFORMED
    const news = read.filter((vertex) => this.graph.learn(vertex))
    const isFirst = !from.hasDescribed
    from.hasDescribed = true
    if (news.length > 0) this.#told(this.settings.relays ? news.map(vertexRow) : [], from.id)
    else if (isFirst) this.#notify()
    return undefined
  }

  /** What a context that relays knows of the network, and any other of itself. */
  #tellAll(neighbour: Neighbour): void {
    const others = this.settings.relays ? this.graph.others().map(vertexRow) : []
    neighbour.tell('graph', [this.#ownRow(), ...others])
  }

  /** Who is connected here is nobody's business if nothing comes through. */
  #ownRow(): unknown[] {
    const { own } = this.graph
    return vertexRow(this.settings.relays ? own : { ...own, neighbours: [] })
  }

  /** Tells all of what has changed here. */
  #describe(except?: string): void {
    this.graph.describe([...this.#neighbours.keys()], this.#channels.interests())
    this.#told([this.#ownRow()], except)
  }

  #describeNeighbours(except?: string): void {
    if (this.settings.relays) return this.#describe(except)
    this.graph.describe([...this.#neighbours.keys()], this.#channels.interests())
    this.#told([], undefined)
  }

  #told(rows: readonly unknown[][], except: string | undefined): void {
    for (const neighbour of this.neighbours)
      if (rows.length > 0 && neighbour.id !== except) neighbour.tell('graph', rows)
    this.#audiences.changed()
    this.#windows.changed(this.graph.reachable())
    for (const channel of this.#channels.all()) channel.changed?.()
    // Behind that, so that whoever is in sync mode is counted to have it unread.
    if (!this.settings.relays) this.#sendWanted()
    this.#notify()
  }

  #notify(): void {
    for (const fn of this.#watchers) fn()
  }
}
