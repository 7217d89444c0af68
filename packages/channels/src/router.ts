import { Audiences } from './audiences.js'
import { ChannelTable, type Endpoint, type Receiver } from './channel-table.js'
import type { Graph } from './graph.js'
import { Handlers, MALFORMED } from './handlers.js'
import type { Neighbour, NeighbourParts } from './neighbour.js'
import { Network } from './network.js'
import { copyOf, MOST_HOPS, type Package, type Parts } from './package.js'
import { BatchEncoder, readBatch } from './package-batch.js'
import { PolicyQueue } from './policy-queue.js'
import { isCount, isText, readParts } from './read.js'
import type { NodeSettings } from './settings.js'
import { Unsent } from './unsent.js'
import { Windows } from './windows.js'

/**
 * Leads the packages of channels from one context to the others. Of each package a context takes the first copy that
 * comes, and passes it on to all neighbours through whom somebody is reached that wants it: where there are several ways,
 * one that breaks costs nothing.
 */
export class Router {
  readonly id: string
  readonly settings: NodeSettings
  /** What is answered to neighbours. */
  readonly handlers = new Handlers()
  readonly neighbourParts: NeighbourParts
  readonly #network: Network
  readonly #channels = new ChannelTable()
  readonly #began: () => void
  readonly #watchers = new Set<() => void>()
  readonly #windows: Windows
  readonly #numbers = new Map<string, number>()
  readonly #unsent: Unsent
  readonly #audiences: Audiences
  /** The channels that somebody has wanted, in a mesh. */
  readonly #wanted = new Set<string>()
  /** What was meant for the first neighbour, which we are, and for channels that are not there yet. */
  readonly #early: PolicyQueue<Package>

  /** @param began a channel was made */
  constructor(id: string, settings: NodeSettings, began: () => void) {
    this.id = id
    this.settings = settings
    this.#began = began
    this.neighbourParts = { queue: settings.queue, encoder: new BatchEncoder() }
    this.#network = new Network({
      id,
      relays: settings.relays,
      interests: () => this.#channels.interests(),
      changed: () => this.#networkChanged(),
      opened: (first) => this.#opened(first),
    })
    this.#windows = new Windows(settings, (arrived, from) => this.#arrived(arrived, from))
    this.#unsent = new Unsent(settings.queue)
    this.#audiences = new Audiences((key) => this.graph.interested(key))
    this.#early = new PolicyQueue(settings.queue)
    this.handlers.set('packages', (from, args) => this.#packages(from, args))
    this.handlers.set('graph', (from, args) => this.#network.told(from, args))
    this.handlers.set('taken', (_, args) => this.#taken(args))
    this.handlers.set('barrier', () => undefined)
  }

  get graph(): Graph {
    return this.#network.graph
  }

  /** How many messages the queues of connections, and that of what could not be sent yet, had no room for. */
  get discarded(): number {
    return this.#network.discarded + this.#unsent.discarded
  }

  /** One of each context that is directly connected to this one. */
  get neighbours(): Neighbour[] {
    return this.#network.neighbours
  }

  /** The one by whom a context is told what is not sent over all connections. */
  neighbour(id: string): Neighbour | undefined {
    return this.#network.neighbour(id)
  }

  /** Calls back when the network has changed, or a channel was closed. */
  watch(fn: () => void): () => void {
    this.#watchers.add(fn)
    return () => void this.#watchers.delete(fn)
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
    this.#network.describe()
    for (const { source, seq, parts } of this.#early.extract(({ key }) => key === receiver.key))
      this.#give(receiver, source, seq, parts)
  }

  /** @throws ERR_INVALID_OPTION if there is one of this name and kind */
  addSender(sender: Endpoint): void {
    this.#began()
    this.#channels.addSender(sender)
  }

  remove(channel: Endpoint): void {
    if (this.#channels.remove(channel)) this.#network.describe()
    else this.#notify()
  }

  closeChannels(): void {
    for (const channel of this.#channels.all()) channel.close()
  }

  // Messages

  /**
   * Sends a message of this context. What nobody wants goes nowhere. But what is sent before a neighbour has told what it
   * wants, and what is wanted behind it, waits for the first; in a mesh, where neighbours come and go for other things, for
   * the first who wants the channel.
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

  /**
   * Resolves when nothing waits for a first neighbour. In a mesh what nobody wants may wait for ever, and is not waited for.
   *
   * @throws ERR_CLOSED if the context is closed first
   */
  async unconnected(): Promise<void> {
    if (this.settings.relays) await this.#unsent.gone()
  }

  // Neighbours

  joined(neighbour: Neighbour): void {
    this.#network.joined(neighbour)
  }

  left(neighbour: Neighbour): void {
    this.#network.left(neighbour)
  }

  /** The context was closed: nothing waits any more, and no alarm is left. */
  rest(): void {
    this.#windows.rest()
    this.#unsent.drop()
    while (this.#early.shift() !== undefined);
  }

  #isReached(key: string): boolean {
    if (this.settings.relays) return this.#network.isDescribed
    if (this.#wanted.has(key)) return true
    if (this.graph.interested(key).size === 0) return false
    this.#wanted.add(key)
    return true
  }

  /** What nobody is known to want is the first neighbour's, for a channel that it doesn't have yet. */
  #opened(first: Neighbour): void {
    if (!this.settings.relays) return
    for (const { key, parts } of this.#unsent.take(() => true)) {
      if (this.graph.interested(key).size > 0) {
        this.publish(key, parts)
        continue
      }
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
    const connections = this.#network.connections(from.id).length
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
    if (receiver.receive?.(source, seq, parts) === false) this.handlers.countMalformed()
  }

  /** Whether there is somebody to send it to. */
  #forward(sent: Package, from: string): boolean {
    let isSent = false
    const isKept = this.graph.isAwaited(sent.key)
    for (const id of this.graph.routes(sent.key)) {
      if (id === from || id === sent.source) continue
      // Over all connections that lead to it, since one of them may break.
      for (const neighbour of this.#network.connections(id)) {
        neighbour.send(sent, isKept)
        isSent = true
      }
    }
    return isSent
  }

  #networkChanged(): void {
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
