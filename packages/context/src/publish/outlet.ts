import { Fifo, inTime, invalidOption, type PlainSocket, Writer } from '@skein/core/internal'
import { readEach } from '../dispatch/read-each.js'
import type { EndpointSettings, Surroundings } from '../surroundings.js'
import { Subscriptions } from './subscriptions.js'

/** One socket that publishes: all Publishers of an endpoint share it. */
export class Outlet {
  readonly endpoint: string
  readonly subscriptions: Subscriptions
  readonly #socket: PlainSocket
  readonly #surroundings: Surroundings
  readonly #settings: EndpointSettings
  readonly #writer: Writer
  readonly #queue = new Fifo<readonly Uint8Array[]>()
  #empty: (() => void) | undefined

  private constructor(
    socket: PlainSocket,
    endpoint: string,
    settings: EndpointSettings,
    surroundings: Surroundings,
  ) {
    this.endpoint = endpoint
    this.#socket = socket
    this.#settings = settings
    this.#surroundings = surroundings
    this.subscriptions = new Subscriptions(surroundings.deadlines)
    this.#writer = new Writer(
      { send: (frames) => socket.send(frames), close: () => void socket.close() },
      () => this.#next(),
      (error) => {
        settings.logger.error({ endpoint, error }, 'a message could not be published')
        this.#writer.wake()
      },
    )
  }

  static async open(given: string, settings: EndpointSettings, surroundings: Surroundings): Promise<Outlet> {
    // XPUB, which tells who subscribes; to subscribers it is as PUB.
    const socket = surroundings.space.open('xpub', settings.socketOptions)
    try {
      const endpoint = settings.bind ? await socket.bind(given) : given
      if (!settings.bind) await socket.connect(given)
      const outlet = new Outlet(socket, endpoint, settings, surroundings)
      void readEach(socket, (frames) => outlet.subscriptions.received(frames))
      return outlet
    } catch (error) {
      await socket.close()
      throw error
    }
  }

  /** @throws ERR_INVALID_OPTION if another Publisher has opened it otherwise */
  checkSame(settings: EndpointSettings): void {
    const mine = { bind: this.#settings.bind, ...this.#settings.socketOptions }
    for (const [option, given] of Object.entries({ bind: settings.bind, ...settings.socketOptions })) {
      const was: unknown = Reflect.get(mine, option)
      if (was !== given)
        throw invalidOption(option, given, `${String(was)}, as for the endpoint's first Publisher`)
    }
  }

  send(frames: readonly Uint8Array[]): void {
    this.#queue.push(frames)
    this.#writer.wake()
  }

  async close(): Promise<void> {
    const { linger, clock } = this.#surroundings
    if (linger > 0 && this.#queue.length > 0) await inTime(clock, this.#whenEmpty(), linger)
    this.#writer.close()
    await this.#socket.close()
  }

  #next(): readonly Uint8Array[] | undefined {
    const frames = this.#queue.shift()
    if (frames === undefined) this.#empty?.()
    return frames
  }

  #whenEmpty(): Promise<void> {
    return new Promise((resolve) => {
      this.#empty = resolve
    })
  }
}
