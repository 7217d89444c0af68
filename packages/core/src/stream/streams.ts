import { types } from 'node:util'
import { RuntimeDisconnectedError, SkeinError } from '../errors.js'
import type { RemoteStreams, StreamSource } from '../wire/codec.js'
import { malformed } from '../wire/malformed.js'
import { Kind, type StreamMessage } from '../wire/message.js'
import { everyPart } from '../wire/parts.js'
import { Refusal } from '../wire/refusal.js'
import { Consumer } from './consumer.js'
import { PeerTable } from './peer-table.js'
import type { StreamPorts } from './ports.js'
import { type OfferedStream, Producer } from './producer.js'
import { RemoteStream } from './remote-stream.js'
import { Source } from './source.js'

const NONE: readonly OfferedStream[] = []
const NOTHING: readonly Consumer[] = []

/**
 * The streams of a runtime, at both ends. Does no I/O: it is handed what has come, and posts what is to go.
 * `docs/protocol.md`, Streams.
 */
export class Streams implements RemoteStreams {
  readonly #ports: StreamPorts
  readonly #producers = new PeerTable<Producer>()
  readonly #consumers = new PeerTable<Consumer>()
  readonly #collected = new FinalizationRegistry<Consumer>((consumer) => consumer.abandoned())
  #last = 0
  /** What can be read once and was sent. */
  readonly #claimed = new WeakSet<object>()
  /** Handed out since `begin`. */
  #offered: Producer[] = []
  #closed: SkeinError | undefined

  constructor(ports: StreamPorts) {
    this.#ports = ports
  }

  // While a value is encoded or decoded

  begin(): void {
    if (this.#offered.length > 0) this.#offered = []
  }

  mark(): number {
    return this.#offered.length
  }

  /** What was handed out is not touched: it belongs to whoever wanted to send it. */
  rollback(mark: number): void {
    for (const producer of this.#offered.splice(mark)) {
      this.#producers.delete(producer)
      if (producer.source !== undefined) this.#claimed.delete(producer.source)
    }
  }

  /** @throws ERR_CLOSED once this runtime has stopped */
  offer(source: StreamSource, peer: string): number {
    if (this.#closed !== undefined) throw this.#closed
    this.#claim(source)
    const { bind } = this.#ports
    const number = ++this.#last
    const producer = new Producer(
      peer,
      number,
      new Source(source, bind?.()),
      this.#ports,
      this.#forgetProducer,
    )
    this.#producers.add(producer)
    this.#offered.push(producer)
    return number
  }

  /** What can be read once can be sent once, and not while it is read here. */
  #claim(source: StreamSource): void {
    const isRead = source instanceof RemoteStream && source.isRead
    if (isRead || this.#claimed.has(source)) {
      const how = isRead ? 'is read here already' : 'was sent before'
      throw new Refusal('ERR_NOT_SERIALISABLE', `is a stream that ${how}: it can be read once`)
    }
    if (source instanceof RemoteStream || types.isGeneratorObject(source)) this.#claimed.add(source)
  }

  /** @throws ERR_PROTOCOL */
  import(number: number, peer: string): RemoteStream {
    if (this.#consumers.get(peer, number) !== undefined) {
      throw malformed(`stream ${number} has arrived before, and is not over`)
    }
    const consumer = new Consumer(peer, number, this.#ports, this.#forgetConsumer, this.#finished)
    const stream = new RemoteStream(consumer)
    this.#consumers.add(consumer)
    this.#collected.register(stream, consumer, consumer)
    if (this.#closed !== undefined) consumer.failed(this.#closed)
    return stream
  }

  /** The streams that were handed out in the value that was encoded last. To be asked for right after that. */
  taken(): readonly OfferedStream[] {
    if (this.#offered.length === 0) return NONE
    const taken = this.#offered
    this.#offered = []
    return taken
  }

  /** The streams of a peer's in a value that has arrived, wherever they lie in it. */
  streamsIn(value: unknown, peer: string): readonly Consumer[] {
    // Only what has arrived and is not over can be in it: mostly that is nothing, and no value needs to be searched.
    if (this.#consumers.size(peer) === 0) return NOTHING
    const found: Consumer[] = []
    for (const part of everyPart(value)) if (part instanceof RemoteStream) found.push(part.consumer)
    return found
  }

  // What comes in

  /**
   * A message about a stream has come. False if there is none of its number: those that were on their way when it ended
   * mean nothing.
   *
   * @throws ERR_PROTOCOL
   */
  received(peer: string, message: StreamMessage): boolean {
    const { kind, stream } = message
    if (kind === Kind.credit || kind === Kind.close) {
      const producer = this.#producers.get(peer, stream)
      if (producer === undefined) return false
      if (kind === Kind.credit) producer.credit(message.n)
      else producer.close(message.reason)
      return true
    }
    const consumer = this.#consumers.get(peer, stream)
    if (consumer === undefined) return false
    if (kind === Kind.next && message.unreadable !== undefined) consumer.refuse(message.unreadable)
    else if (kind === Kind.next) consumer.items(message.items)
    else if (kind === Kind.end) consumer.ended(message.value)
    else consumer.failed(message.error)
    return true
  }

  // The end

  /** A peer is gone, and so are the other ends of all streams from and to it. */
  lose(peer: string, reason: string): void {
    for (const consumer of this.#consumers.drain(peer)) {
      consumer.failed(new RuntimeDisconnectedError(peer, reason, 'maybe', {}, 'its stream has broken off'))
    }
    for (const producer of this.#producers.drain(peer)) producer.lose()
  }

  /** This runtime stops. Streams that arrive or are offered from now on fail with the same error. */
  close(error = new SkeinError('ERR_CLOSED', 'this runtime was stopped before the stream was over')): void {
    this.#closed = error
    for (const peer of this.#consumers.peers()) {
      for (const consumer of this.#consumers.drain(peer)) consumer.failed(error)
    }
    for (const peer of this.#producers.peers()) {
      for (const producer of this.#producers.drain(peer)) producer.lose()
    }
  }

  /** How many streams a peer consumes or may yet ask for. */
  producing(peer: string): number {
    return this.#producers.size(peer)
  }

  /** How many streams a peer produces for us. */
  consuming(peer: string): number {
    return this.#consumers.size(peer)
  }

  readonly #forgetProducer = (producer: Producer): void => this.#producers.delete(producer)

  readonly #forgetConsumer = (consumer: Consumer): void => this.#consumers.delete(consumer)

  readonly #finished = (consumer: Consumer): void => {
    this.#collected.unregister(consumer)
  }
}
