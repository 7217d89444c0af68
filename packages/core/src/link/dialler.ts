import type { Clock, Timer } from '../clock.js'
import { messageOf } from '../errors.js'
import type { HandshakeOptions, LivenessOptions } from '../options.js'
import type { Outbound, Transport } from '../transport/transport.js'

/** The two connections of a link, on one lane: control for hearts and beats, data for everything else. */
export interface Connection {
  readonly endpoint: string
  readonly control: Outbound
  readonly data: Outbound
}

export interface DialEvents {
  /** The other side's transport answered. The data connection is under way; what is sent on it waits for it. */
  connected(connection: Connection): void
  /** The connection that was made is lost. */
  lost(reason: string): void
  /** No endpoint could be reached. */
  exhausted(reason: string): void
}

/** Whether it is still the peer who holds one of its endpoints. Never rejects. */
export type IsTheirs = (endpoint: string) => Promise<boolean>

/**
 * Tries endpoints in their order until one answers. The control connection goes first: it is watched, and proves that
 * the endpoint can be reached.
 */
export class Dialler {
  readonly #transport: Transport
  readonly #clock: Clock
  readonly #options: LivenessOptions & HandshakeOptions
  readonly #on: DialEvents
  readonly #endpoints: readonly string[]
  readonly #isTheirs: IsTheirs | undefined
  readonly #failures: string[] = []
  #tried = 0
  #control: Outbound | undefined
  #data: Outbound | undefined
  #timer: Timer | undefined
  #closed = false

  constructor(
    transport: Transport,
    endpoints: readonly string[],
    clock: Clock,
    options: LivenessOptions & HandshakeOptions,
    on: DialEvents,
    isTheirs?: IsTheirs,
  ) {
    this.#transport = transport
    this.#endpoints = endpoints
    this.#clock = clock
    this.#options = options
    this.#on = on
    this.#isTheirs = isTheirs
    this.#timer = clock.after(0, () => this.#dial()) // never call back before the constructor has returned
  }

  /** Drops the connections. Nothing is called afterwards. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#timer?.cancel()
    this.#control?.close()
    this.#data?.close()
  }

  #dial(): void {
    const endpoint = this.#endpoints[this.#tried++]
    if (endpoint === undefined) {
      this.close()
      this.#on.exhausted(this.#failures.join('; ') || 'no endpoint can be reached from here')
      return
    }
    const { heartbeatInterval, heartbeatTimeout, dialTimeout, answerTimeout } = this.#options
    const heartbeat = { heartbeatInterval, heartbeatTimeout }
    // After the last there is none to hurry to: to begin anew would only undo what is half made over a slow network.
    const isLast = this.#tried === this.#endpoints.length
    const patience = isLast ? Math.max(dialTimeout, answerTimeout) : dialTimeout
    this.#timer = this.#clock.after(patience, () => this.#failed(endpoint, 'no answer'))
    // Asked meanwhile: over a slow network, one after the other takes longer than a suspicion.
    const theirs = this.#isTheirs?.(endpoint)
    try {
      this.#control = this.#transport.dial(
        endpoint,
        { watch: true, ...heartbeat },
        {
          up: () => {
            this.#timer?.cancel()
            if (theirs === undefined) return this.#connected(endpoint)
            const control = this.#control
            void theirs.then((isTheirs) => {
              if (this.#closed || this.#control !== control) return // lost meanwhile
              if (isTheirs) this.#connected(endpoint)
              else this.#failed(endpoint, 'somebody else answers there')
            })
          },
          down: (reason) => {
            if (this.#closed) return
            if (this.#data === undefined) return this.#failed(endpoint, reason)
            this.close()
            this.#on.lost(reason)
          },
        },
      )
    } catch (error) {
      this.#failed(endpoint, messageOf(error))
    }
  }

  #connected(endpoint: string): void {
    const control = this.#control
    if (this.#closed || control === undefined) return
    const { heartbeatInterval, heartbeatTimeout } = this.#options
    const options = { watch: false, heartbeatInterval, heartbeatTimeout }
    try {
      this.#data = this.#transport.dial(endpoint, options, { up() {}, down() {} })
    } catch (error) {
      this.#failed(endpoint, messageOf(error))
      return
    }
    this.#on.connected({ endpoint, control, data: this.#data })
  }

  #failed(endpoint: string, reason: string): void {
    this.#timer?.cancel()
    this.#control?.close()
    this.#control = undefined
    this.#failures.push(`${endpoint}: ${reason}`)
    this.#dial()
  }
}
