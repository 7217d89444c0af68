import type { Parcel } from '../peer/outgoing.js'
import type { Streams } from '../stream/streams.js'
import type { Codec } from '../wire/codec.js'
import type { Limits } from '../wire/limits.js'
import { type Call, type Cmd, Kind, type Message, type StreamMessage } from '../wire/message.js'
import { nameField } from '../wire/messages.js'
import type { Replies } from './replies.js'
import type { Serving } from './serving.js'

export interface LoopbackParts {
  readonly uid: string
  readonly codec: Codec
  readonly limits: Limits
  readonly replies: Replies
  readonly streams: () => Streams
  /** Runs the requests, and posts their outcomes here. */
  readonly serving: () => Serving
  readonly stop: () => void
}

/** A message on its way to this runtime itself: it is sent when its turn has come. */
class OwnParcel implements Parcel {
  readonly seq = 0
  readonly messages = 1
  #state: 'waiting' | 'sent' | 'withdrawn' = 'waiting'

  get sent(): boolean {
    return this.#state === 'sent'
  }

  withdraw(): boolean {
    if (this.#state === 'waiting') this.#state = 'withdrawn'
    return this.#state === 'withdrawn'
  }

  /** Calls `deliver` in a later turn, unless it is withdrawn before. */
  send(deliver: () => void): this {
    queueMicrotask(() => {
      if (this.#state !== 'waiting') return
      this.#state = 'sent'
      deliver()
    })
    return this
  }
}

/** Messages of a runtime to itself: as over a link, in order, in a later turn, and with everything copied. */
export class Loopback {
  readonly #parts: LoopbackParts
  /** Of the value that was copied last. */
  #copiedBytes = 0

  constructor(parts: LoopbackParts) {
    this.#parts = parts
  }

  /** @throws ERR_NOT_SERIALISABLE, ERR_TOO_LARGE, as a link would */
  post(message: Message): Parcel {
    const { uid, replies, serving, stop } = this.#parts
    const parcel = new OwnParcel()
    switch (message.kind) {
      case Kind.call:
      case Kind.cmd: {
        const copied = this.#copyOf(message)
        return parcel.send(() => serving().run(copied, 0))
      }
      case Kind.reply: {
        const value = this.#copy(message.value, message.kind)
        return parcel.send(() => this.#replied(message.id, value))
      }
      case Kind.raise: {
        const error = this.#copy(message.error, message.kind)
        return parcel.send(() => replies.find(message.id, uid)?.fail(error))
      }
      case Kind.cancel:
        return parcel.send(() => serving().cancel(message.id, message.reason))
      case Kind.stop:
        return parcel.send(stop)
      default:
        throw new TypeError(`a runtime has no message of kind ${message.kind} for itself`)
    }
  }

  /**
   * Gives the bytes that the message would take in an outbox, roughly.
   *
   * @throws as `post`
   */
  postOfStream(message: StreamMessage): number {
    const { uid, streams } = this.#parts
    const copied = this.#copyOfStream(message)
    new OwnParcel().send(() => streams().received(uid, copied))
    return this.#copiedBytes
  }

  #copyOfStream(message: StreamMessage): StreamMessage {
    this.#copiedBytes = 0
    const { kind } = message
    switch (kind) {
      case Kind.next: {
        const { stream, encoded, items } = message
        const copied = this.#copy(encoded ?? items, kind)
        return { kind, stream, items: Array.isArray(copied) ? copied : [] }
      }
      case Kind.end:
        return { ...message, value: this.#copy(message.value, kind) }
      case Kind.fail:
        return { ...message, error: this.#copy(message.error, kind) }
      default:
        return message
    }
  }

  #replied(id: number, value: unknown): void {
    const { uid, replies, streams } = this.#parts
    const pending = replies.find(id, uid)
    const found = streams().streamsIn(value, uid)
    if (pending !== undefined) pending.resolve(value, found)
    else for (const stream of found) stream.cancel('nobody waits for it')
  }

  #copyOf(message: Call | Cmd): Call | Cmd {
    const args = this.#copy(message.args, message.kind)
    return { ...message, args: Array.isArray(args) ? args : [] }
  }

  #copy(value: unknown, kind: Kind): unknown {
    const { codec, limits, uid } = this.#parts
    const attachments: Uint8Array[] = []
    let bytes: Uint8Array
    try {
      // As the first item of a list, so that errors name it as those of a message do.
      bytes = Uint8Array.from(codec.encode([value], attachments, uid))
    } catch (thrown) {
      throw nameField(thrown, kind)
    }
    const copies = attachments.map((attachment) => attachment.slice())
    this.#copiedBytes = copies.reduce((sum, { byteLength }) => sum + byteLength, bytes.length)
    const copied = codec.decode(bytes, copies, limits, uid)
    return Array.isArray(copied) ? copied[0] : undefined
  }
}
