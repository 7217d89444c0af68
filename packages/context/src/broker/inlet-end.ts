import { SkeinError } from '@skein/core'
import type { PlainSocket } from '@skein/core/internal'
import type { End } from '@skein/devices/internal'

interface Asking {
  resolve(frames: Buffer[]): void
  reject(error: unknown): void
}

/** An end of a relay whose messages come by way of a Context's dispatch: as they come, or one for each `poll`. */
export class InletEnd implements End {
  readonly canReceive = true
  readonly canSend = true
  readonly #socket: PlainSocket
  readonly #onClose: () => void
  #asking: Asking | undefined
  /** The relay has passed on what it was given last. */
  #passed: (() => void) | undefined
  #closed = false

  constructor(socket: PlainSocket, onClose: () => void) {
    this.#socket = socket
    this.#onClose = onClose
  }

  /** Resolves when the message has been passed on. Not to be called before the last one has. */
  handle(frames: Buffer[]): Promise<void> {
    return new Promise((resolve) => {
      this.#passed = resolve
      this.#asking?.resolve(frames)
    })
  }

  tryReceive(): Promise<Buffer[]> {
    this.#passed?.()
    if (this.#closed) return Promise.reject(closed())
    return new Promise((resolve, reject) => {
      this.#asking = { resolve, reject }
    })
  }

  trySend(frames: readonly (Uint8Array | string)[]): Promise<void> {
    return this.#socket.trySend(frames)
  }

  checkFailure(error: unknown, operation: 'receive' | 'send'): void {
    if (this.#closed) throw closed()
    this.#socket.checkFailure(error, operation)
  }

  close(): Promise<void> {
    this.#closed = true
    this.#passed?.()
    this.#asking?.reject(closed())
    this.#onClose()
    return this.#socket.close()
  }
}

function closed(): SkeinError {
  return new SkeinError('ERR_CLOSED', 'the broker is closed')
}
