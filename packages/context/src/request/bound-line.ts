import { type PlainSocket, Writer } from '@skein/core/internal'
import { readEach } from '../dispatch/read-each.js'
import type { Line, LineParts } from './line.js'

/** A DEALER that waits for repliers to connect, and shares its requests among them. */
export class BoundLine implements Line {
  #endpoint: string
  readonly #socket: PlainSocket
  readonly #writer: Writer
  readonly #parts: LineParts
  /** Of those that are connected. */
  #peers = 0
  /** Connections that never shook hands: what is said of their end is not said of a peer. */
  #failed = 0

  private constructor(socket: PlainSocket, endpoint: string, parts: LineParts) {
    this.#endpoint = endpoint
    this.#socket = socket
    this.#parts = parts
    this.#writer = new Writer(
      { send: (frames) => socket.send(frames), close: () => void socket.close() },
      () => (this.isUp ? parts.on.next() : undefined),
      (error) => parts.logger.error({ endpoint, error }, 'a request could not be sent'),
    )
  }

  /** @throws what binding may throw, ERR_INVALID_OPTION */
  static async open(given: string, parts: LineParts): Promise<BoundLine> {
    const socket = parts.space.open('dealer', parts.options)
    const line = new BoundLine(socket, given, parts)
    socket.watch(({ type }) => line.#happened(type))
    try {
      line.#endpoint = await socket.bind(given)
    } catch (error) {
      await socket.close()
      throw error
    }
    void readEach(socket, (frames) => parts.on.received(frames))
    return line
  }

  get endpoint(): string {
    return this.#endpoint
  }

  /** Of inproc nothing is ever said: somebody is taken to be there. */
  get isUp(): boolean {
    return this.#peers > 0 || this.#endpoint.startsWith('inproc:')
  }

  wake(): void {
    this.#writer.wake()
  }

  async close(): Promise<void> {
    this.#writer.close()
    await this.#socket.close()
  }

  #happened(type: string): void {
    if (type === 'handshake') {
      this.#peers += 1
      this.#writer.wake()
    } else if (type.startsWith('handshake:error')) this.#failed += 1
    else if (type !== 'disconnect') return
    else if (this.#failed > 0) this.#failed -= 1
    else {
      this.#peers = Math.max(0, this.#peers - 1)
      if (this.#peers === 0) setImmediate(() => this.#peers === 0 && this.#parts.on.lost('disconnected'))
    }
  }
}
