import type { PlainSocket } from '@skein/core/internal'
import { type Deferred, deferred } from '@skein/runner/internal'

/** A message: its frames, which nobody may change any more. */
export type Frames = readonly Uint8Array[]

/**
 * A socket, as a relay reads and writes it. What pushes back does it by taking its time to send; what has to be done for
 * each message that was received (`Scavenging`) was done once by whoever took it from its socket.
 */
export type End = Pick<
  PlainSocket,
  'canReceive' | 'canSend' | 'tryReceive' | 'trySend' | 'checkFailure' | 'close'
>

export interface Traffic {
  readonly messages: number
  readonly bytes: number
}

/** What has passed a relay. What a side has received and the other not yet sent is in hand: one message at most each way. */
export interface RelayStatistics {
  readonly in: { readonly received: Traffic; readonly sent: Traffic }
  readonly out: { readonly received: Traffic; readonly sent: Traffic }
  /** Messages that the monitor could not take at once, and has not been given. */
  readonly unmonitored: number
}

/** Sees what passes. */
export interface Tap {
  /** Messages that it has not been able to take. */
  readonly missed: number
  /** @param from the side that the message came in at */
  pass(frames: Frames, from: 'in' | 'out'): void
  /** The relay has stopped. */
  close(): Promise<void>
}

export interface RelayOptions {
  readonly tap?: Tap | undefined
  /** What becomes of a message on its way. @default as it is */
  readonly arrange?: ((frames: Frames) => Frames) | undefined
}

class Count {
  messages = 0
  bytes = 0
  readonly #waiting = new Set<{ readonly count: number; readonly resolve: () => void }>()

  add(frames: Frames): void {
    this.messages += 1
    for (const { byteLength } of frames) this.bytes += byteLength
    for (const each of this.#waiting) {
      if (this.messages < each.count) continue
      this.#waiting.delete(each)
      each.resolve()
    }
  }

  /** Resolves when it has counted so many messages. */
  reached(count: number): Promise<void> {
    if (this.messages >= count) return Promise.resolve()
    return new Promise((resolve) => this.#waiting.add({ count, resolve }))
  }

  get traffic(): Traffic {
    return { messages: this.messages, bytes: this.bytes }
  }
}

class Side {
  readonly end: End
  readonly received = new Count()
  readonly sent = new Count()

  constructor(end: End) {
    this.end = end
  }
}

/**
 * Carries messages from one end to the other, and back where both can do both. Frames are passed on without a copy, one
 * message at a time each way: the next is read when the far side has taken the last, so that a far side that stops is felt
 * by whoever sends, and memory stays what the sockets' high-water marks allow.
 */
export class Relay {
  readonly #in: Side
  readonly #out: Side
  readonly #tap: Tap | undefined
  readonly #arrange: RelayOptions['arrange']
  readonly #running: Promise<void>
  #resumed: Deferred<void> | undefined
  #stopped = false

  /** Begins at once. With one end, what comes in goes out there. */
  constructor(input: End, output: End | undefined, { tap, arrange }: RelayOptions = {}) {
    this.#in = new Side(input)
    this.#out = output === undefined ? this.#in : new Side(output)
    this.#tap = tap
    this.#arrange = arrange
    const ways: Promise<void>[] = []
    if (input.canReceive && this.#out.end.canSend) ways.push(this.#carry(this.#in, this.#out, 'in'))
    if (output?.canReceive && input.canSend) ways.push(this.#carry(this.#out, this.#in, 'out'))
    this.#running = Promise.all(ways).then(() => {})
    // Whoever asks for it has its failure too.
    this.#running.catch(() => void this.stop())
  }

  /** Resolves when it has been stopped; rejects with what has ended it otherwise. */
  get ended(): Promise<void> {
    return this.#running
  }

  get statistics(): RelayStatistics {
    const [input, output] = [this.#in, this.#out].map(({ received, sent }) => ({
      received: received.traffic,
      sent: sent.traffic,
    }))
    if (input === undefined || output === undefined) throw new RangeError('a relay has two sides')
    return { in: input, out: output, unmonitored: this.#tap?.missed ?? 0 }
  }

  /** Resolves when so many messages have been sent at `in`, or it has ended. */
  sentIn(count: number): Promise<void> {
    const over = this.#running.catch(() => {})
    return Promise.race([this.#in.sent.reached(count), over])
  }

  /** Nothing is passed on until `resume`: it waits where it is, and pushes back as at a far side that has stopped. */
  pause(): void {
    if (this.#resumed !== undefined || this.#stopped) return
    this.#resumed = deferred()
  }

  resume(): void {
    this.#resumed?.resolve()
    this.#resumed = undefined
  }

  /** Closes both ends. Resolves when they are gone; what they hold has as long as their linger. May be called twice. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.resume()
    await Promise.all([this.#in.end.close(), this.#out.end.close(), this.#tap?.close()])
    await this.#running.catch(() => {})
  }

  async #carry(from: Side, to: Side, direction: 'in' | 'out'): Promise<void> {
    let inHand: Frames | undefined
    for (;;) {
      try {
        for (;;) {
          if (inHand === undefined) {
            const received: Frames = await from.end.tryReceive()
            from.received.add(received)
            // It may be held again before this has gone on.
            while (this.#resumed !== undefined) await this.#resumed.promise
            inHand = this.#arrange === undefined ? received : this.#arrange(received)
            this.#tap?.pass(inHand, direction)
          }
          await to.end.trySend(inHand)
          to.sent.add(inHand)
          inHand = undefined
        }
      } catch (error) {
        if (this.#stopped) return
        if (inHand === undefined) from.end.checkFailure(error, 'receive')
        else to.end.checkFailure(error, 'send')
      }
    }
  }
}
