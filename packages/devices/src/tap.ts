import { type Logger, SkeinError } from '@skein/core'
import type { PlainSocket } from '@skein/core/internal'
import type { Frames, Tap } from './relay.js'

/** What a copy is given in front of it, by the side that the message came from. */
export interface Prefixes {
  readonly in: Uint8Array
  readonly out: Uint8Array
}

/** Copies what passes a relay to a monitor, and holds nobody up: what the monitor can't take at once, it misses. */
export class MonitorTap implements Tap {
  readonly #monitor: Pick<PlainSocket, 'send' | 'close'>
  readonly #prefixes: Prefixes | undefined
  readonly #logger: Logger
  #missed = 0

  /** @param monitor a socket whose sends fail with ERR_TIMEOUT rather than wait */
  constructor(monitor: Pick<PlainSocket, 'send' | 'close'>, prefixes: Prefixes | undefined, logger: Logger) {
    this.#monitor = monitor
    this.#prefixes = prefixes
    this.#logger = logger
  }

  /** How many messages it could not copy. */
  get missed(): number {
    return this.#missed
  }

  pass(frames: Frames, direction: keyof Prefixes): void {
    const copy = this.#prefixes === undefined ? frames : [this.#prefixes[direction], ...frames]
    this.#monitor.send(copy).catch((error: unknown) => {
      this.#missed += 1
      const isExpected =
        error instanceof SkeinError && (error.code === 'ERR_TIMEOUT' || error.code === 'ERR_CLOSED')
      if (!isExpected) this.#logger.warn({ error }, 'a message could not be copied to the monitor')
    })
  }

  close(): Promise<void> {
    return this.#monitor.close()
  }
}
