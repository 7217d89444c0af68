import type { Codec } from '../wire/codec.js'
import type { Limits } from '../wire/limits.js'
import { Kind, type Message } from '../wire/message.js'
import type { Replies } from './replies.js'
import type { Serving } from './serving.js'

export interface LoopbackParts {
  readonly uid: string
  readonly codec: Codec
  readonly limits: Limits
  readonly replies: Replies
  /** Runs the requests, and posts their outcomes here. */
  readonly serving: () => Serving
  readonly stop: () => void
}

/** Messages of a runtime to itself: as over a link, in order, in a later turn, and with everything copied. */
export class Loopback {
  readonly #parts: LoopbackParts

  constructor(parts: LoopbackParts) {
    this.#parts = parts
  }

  /** @throws ERR_NOT_SERIALISABLE, ERR_TOO_LARGE, as a link would */
  post(message: Message): void {
    const { uid, replies, serving, stop } = this.#parts
    switch (message.kind) {
      case Kind.call:
      case Kind.cmd: {
        const args = this.#copy(message.args)
        const copied = { ...message, args: Array.isArray(args) ? args : [] }
        return queueMicrotask(() => serving().run(copied))
      }
      case Kind.reply:
        return replies.find(message.id, uid)?.resolve(this.#copy(message.value))
      case Kind.raise:
        return replies.find(message.id, uid)?.reject(this.#copy(message.error))
      case Kind.cancel:
        return queueMicrotask(() => serving().cancel(message.id, message.reason))
      case Kind.stop:
        return queueMicrotask(stop)
      default:
        throw new TypeError(`a runtime has no message of kind ${message.kind} for itself`)
    }
  }

  #copy(value: unknown): unknown {
    const { codec, limits, uid } = this.#parts
    const attachments: Uint8Array[] = []
    const bytes = Uint8Array.from(codec.encode(value, attachments, uid))
    const copies = attachments.map((attachment) => attachment.slice())
    return codec.decode(bytes, copies, limits, uid)
  }
}
