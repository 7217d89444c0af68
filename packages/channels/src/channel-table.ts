import { invalidOption } from '@skein/core/internal'
import type { Interest } from './graph.js'
import type { Parts } from './package.js'

/** A channel as the router sees it. A context has one at most of each key and direction. */
export interface Endpoint {
  readonly name: string
  readonly key: string
  close(): void
  /** The network has changed. */
  changed?(): void
  /** Of a sender: somebody in sync mode has read what it sent, up to this number. */
  taken?(context: string, seq: number): void
}

/** The end of a channel at which messages arrive. */
export interface Receiver extends Endpoint {
  readonly interest: Interest
  /** @returns false if it can't be a message of this channel */
  receive?(source: string, seq: number, parts: Parts): boolean
}

/** The channels of a context. */
export class ChannelTable {
  readonly #receivers = new Map<string, Receiver>()
  readonly #senders = new Map<string, Endpoint>()

  receiver(key: string): Receiver | undefined {
    return this.#receivers.get(key)
  }

  sender(key: string): Endpoint | undefined {
    return this.#senders.get(key)
  }

  all(): Endpoint[] {
    return [...this.#senders.values(), ...this.#receivers.values()]
  }

  /** What this context wants of others. */
  interests(): Interest[] {
    return [...this.#receivers.values()].map(({ interest }) => interest)
  }

  /** @throws ERR_INVALID_OPTION if there is one of this name and kind */
  addReceiver(receiver: Receiver): void {
    checkFree(this.#receivers, receiver)
    this.#receivers.set(receiver.key, receiver)
  }

  /** @throws ERR_INVALID_OPTION if there is one of this name and kind */
  addSender(sender: Endpoint): void {
    checkFree(this.#senders, sender)
    this.#senders.set(sender.key, sender)
  }

  /** @returns whether the context wants less now */
  remove(channel: Endpoint): boolean {
    if (this.#senders.get(channel.key) === channel) this.#senders.delete(channel.key)
    return this.#receivers.get(channel.key) === channel && this.#receivers.delete(channel.key)
  }
}

function checkFree(channels: ReadonlyMap<string, unknown>, { key, name }: Endpoint): void {
  if (!channels.has(key)) return
  throw invalidOption('name', name, 'a name that no other channel of this kind and type has in this context')
}
