import { SkeinError } from '@skein/core'
import type { PlainSocket } from '@skein/core/internal'
import type { End, Frames } from '@skein/devices/internal'

interface Asking {
  resolve(frames: Frames): void
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
  handle(frames: Frames): Promise<void> {
    return new Promise((resolve) => {
      this.#passed = resolve
      this.#asking?.resolve(frames)
    })
  }

  receive(): Promise<Frames> {
    this.#passed?.()
    if (this.#closed) return Promise.reject(closed())
    return new Promise((resolve, reject) => {
      this.#asking = { resolve, reject }
    })
  }

  send(frames: Frames): Promise<void> {
    return this.#socket.send(frames)
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
