import { messageOf, type PlainSocket, type Timer, Writer } from '@skein/core/internal'
import { readEach } from '../dispatch/read-each.js'
import type { Line, LineParts } from './line.js'

/** Milliseconds between the loss of a connection and the next: as libzmq has it. */
const REDIAL_AFTER = 100

const SOCKET_OPTIONS = {
  // Between the loss of a connection and our knowing of it, what it still holds goes to nobody else.
  immediate: true,
  reconnectInterval: REDIAL_AFTER,
  // A server that was away for an hour is found within this time.
  reconnectMaxInterval: 1000,
}

interface Connection {
  readonly socket: PlainSocket
  readonly writer: Writer
}

/**
 * A DEALER that is one connection. When it is lost, the socket is closed with all that it still holds, and another one
 * is made: what was sent on the first, and did not arrive, must not reach whoever answers there next.
 */
export class DialledLine implements Line {
  readonly endpoint: string
  readonly #parts: LineParts
  #connection: Connection | undefined
  #isUp = false
  #closed = false
  #redial: Timer | undefined
  #unwatch: (() => void) | undefined

  private constructor(endpoint: string, parts: LineParts) {
    this.endpoint = endpoint
    this.#parts = parts
  }

  /** Resolves when it has begun to dial. @throws ERR_INVALID_ADDRESS, ERR_INVALID_OPTION */
  static async open(endpoint: string, parts: LineParts): Promise<DialledLine> {
    const line = new DialledLine(endpoint, parts)
    if (endpoint.startsWith('inproc:')) line.#watchName()
    try {
      await line.#dial()
      return line
    } catch (error) {
      await line.close()
      throw error
    }
  }

  get isUp(): boolean {
    return this.#isUp
  }

  wake(): void {
    this.#connection?.writer.wake()
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#unwatch?.()
    await this.#hangUp()
  }

  /** libzmq says nothing of inproc: whether somebody is there follows from who holds the name. */
  #watchName(): void {
    const { names } = this.#parts.space
    this.#unwatch = names.watch(this.endpoint, (isBound) => {
      if (isBound) void this.#dialAgain()
      else if (this.#connection !== undefined) this.#down(this.#connection, 'it was closed')
    })
  }

  async #dial(): Promise<void> {
    const { space, options, on } = this.#parts
    const isInproc = this.#unwatch !== undefined
    if (this.#closed) return
    // Made in any case: what is wrong with its options is told at once.
    const socket = space.open('dealer', { ...SOCKET_OPTIONS, ...options })
    if (isInproc && !space.names.isBound(this.endpoint)) return socket.close()
    // Nothing is handed to libzmq for somebody who is not there: it could not be taken back.
    const writer = new Writer(
      { send: (frames) => socket.send(frames), close: () => void socket.close() },
      () => (this.#isUp && this.#connection?.socket === socket ? on.next() : undefined),
      (error) => this.#down(connection, messageOf(error)),
    )
    const connection = { socket, writer }
    this.#connection = connection
    if (!isInproc) {
      socket.watch(({ type }) => {
        if (type === 'handshake') this.#up(connection)
        else if (type === 'disconnect') this.#down(connection, 'disconnected')
      })
    }
    try {
      await socket.connect(this.endpoint)
    } catch (error) {
      await this.#hangUp()
      throw error
    }
    if (isInproc) this.#up(connection)
    void readEach(socket, (frames) => on.received(frames))
  }

  #up(connection: Connection): void {
    if (this.#connection !== connection) return
    this.#isUp = true
    connection.writer.wake()
  }

  #down(connection: Connection, reason: string): void {
    if (this.#connection !== connection || !this.#isUp) return
    this.#isUp = false
    // What arrived before the loss is read first.
    setImmediate(() => {
      if (this.#connection !== connection) return
      void this.#hangUp()
      this.#parts.on.lost(reason)
      if (this.#unwatch !== undefined) return void this.#dialAgain()
      this.#redial = this.#parts.clock.after(REDIAL_AFTER, () => void this.#dialAgain())
    })
  }

  /** The name of a host may be unknown for a while. */
  async #dialAgain(): Promise<void> {
    if (this.#closed || this.#connection !== undefined) return
    try {
      await this.#dial()
    } catch (error) {
      if (this.#closed) return
      this.#parts.logger.warn({ endpoint: this.endpoint, error }, 'the endpoint can not be dialled')
      this.#redial = this.#parts.clock.after(REDIAL_AFTER, () => void this.#dialAgain())
    }
  }

  async #hangUp(): Promise<void> {
    this.#redial?.cancel()
    const connection = this.#connection
    this.#connection = undefined
    this.#isUp = false
    connection?.writer.close()
    await connection?.socket.close()
  }
}
