import { SkeinError } from '@skein/core'
import { checkTimeout } from '@skein/core/internal'
import { Asking } from './asking.js'
import { bindParts } from './parts-of.js'
import { Router } from './router.js'
import type { NodeSettings } from './settings.js'
import { States } from './states.js'

const DEFAULT_FLUSH = 5000

/**
 * A node in a network of contexts. Channels that are made with it reach the channels of their name in all contexts that
 * it is connected to, directly or through others.
 */
export abstract class ChannelNode {
  /** @internal */
  protected readonly router: Router
  readonly #settings: NodeSettings

  /** @internal */
  constructor(settings: NodeSettings) {
    this.#settings = settings
    const id = Buffer.from(settings.random.bytes(8)).toString('hex')
    this.router = new Router(id, settings, () => this.began())
    const { router } = this
    bindParts(this, { router, states: new States(router), asking: new Asking(router) })
  }

  /** 8 random bytes in hexadecimal digits. */
  get id(): string {
    return this.router.id
  }

  /** How many contexts are directly connected to this one. */
  abstract get connectionCount(): number

  /**
   * How many messages were discarded here because a queue was full: that of a connection whose other end took no more, or
   * that of what was sent before there was anybody. What a `SubChannel` discards it counts itself.
   */
  get discarded(): number {
    return this.router.discarded
  }

  /** How many things that came from other contexts could not be read, and were dropped. */
  get malformed(): number {
    return this.router.handlers.malformed
  }

  /**
   * Resolves when what this context has sent was taken by those that are directly connected to it. While there are none,
   * one is waited for; but in a mesh, what waits for somebody to want it is not.
   *
   * @param timeout milliseconds @default 5000
   * @throws ERR_INVALID_OPTION, ERR_TIMEOUT, ERR_CLOSED if the context is closed before it has anybody to send it to
   */
  async flush(timeout?: number): Promise<void> {
    const limit = checkTimeout('timeout', timeout, DEFAULT_FLUSH)
    const { clock } = this.#settings
    const all = this.router
      .unconnected()
      .then(() => Promise.all(this.router.neighbours.map((each) => each.flushed(limit))))
    await new Promise<void>((resolve, reject) => {
      const timer = clock.after(limit, () => {
        const text = `what was sent has not left within ${limit} ms: ${this.connectionCount} contexts are connected`
        reject(new SkeinError('ERR_TIMEOUT', text, { timeoutMs: limit }))
      })
      all.then(
        () => {
          timer.cancel()
          resolve()
        },
        (error: unknown) => {
          timer.cancel()
          reject(error)
        },
      )
    })
  }

  /** Closes all channels and connections. The context can be used again. */
  abstract close(): Promise<void>

  /** Closes it at the end of the block that it was made in with `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** Takes all channels from the context, and leaves its connections. */
  closeChannels(): void {
    this.router.closeChannels()
  }

  /** @internal A channel was made. */
  protected began(): void {}
}
