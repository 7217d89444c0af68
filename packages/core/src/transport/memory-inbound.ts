import { endOfTurn } from '../turn.js'
import { guarded } from './guarded.js'
import type { MemoryHost } from './memory-host.js'
import type { Frames, Inbound, InboundEvents } from './transport.js'

/** A listener at one `mem://` address. */
export class MemoryInbound implements Inbound {
  readonly host: MemoryHost
  readonly endpoint: string
  readonly endpoints: readonly string[]
  readonly #frameBytes: number
  readonly #onBatch: InboundEvents['batch']
  readonly #onSettled: InboundEvents['settled']
  readonly #onClose: (inbound: MemoryInbound) => void
  #closed = false

  constructor(
    host: MemoryHost,
    endpoint: string,
    frameBytes: number,
    on: InboundEvents,
    onClose: (inbound: MemoryInbound) => void,
  ) {
    this.host = host
    this.endpoint = endpoint
    this.endpoints = [endpoint]
    this.#frameBytes = frameBytes
    this.#onBatch = guarded((frames) => on.batch(frames))
    this.#onSettled = guarded(() => {
      if (!this.#closed && !host.dead) on.settled()
    })
    this.#onClose = onClose
  }

  /** Whether a batch is within this listener's limit; one that isn't costs its sender the connection. */
  admits(frames: Frames): boolean {
    return frames.every((frame) => frame.byteLength <= this.#frameBytes)
  }

  /** Hands a batch to the host's JavaScript, which may take its time; `onTaken` follows when it has. */
  deliver(frames: Frames, onTaken: () => void): void {
    this.host.run(() => {
      if (!this.#closed) {
        this.#onBatch(frames)
        void endOfTurn().then(this.#onSettled)
      }
      onTaken()
    })
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#onClose(this)
  }
}
