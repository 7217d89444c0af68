import { once } from 'node:events'
import {
  connect,
  createServer,
  type ListenOptions,
  type NetConnectOpts,
  type Server,
  type Socket,
} from 'node:net'
import { eventually } from '../src/eventually.js'

/** A server that keeps the sockets that it accepts, and is gone with all of them after `close`. */
export class Target {
  readonly sockets: Socket[] = []
  readonly #server: Server

  static async listen(
    onConnection: (socket: Socket) => void = () => {},
    listen: ListenOptions = { host: '127.0.0.1', port: 0 },
  ): Promise<Target> {
    const target = new Target(onConnection)
    target.#server.listen(listen)
    await once(target.#server, 'listening')
    return target
  }

  private constructor(onConnection: (socket: Socket) => void) {
    this.#server = createServer({ allowHalfOpen: true }, (socket) => {
      this.sockets.push(socket)
      socket.on('error', () => {})
      onConnection(socket)
    })
  }

  get address(): { host: string; port: number } {
    const address = this.#server.address()
    if (address === null || typeof address === 'string') throw new TypeError('the target listens on a path')
    return { host: address.address, port: address.port }
  }

  /** The `n`th socket that was accepted, as soon as it is. */
  socket(n: number): Promise<Socket> {
    return eventually(() => this.sockets[n], { message: `connection ${n} to the target` })
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    for (const socket of this.sockets) socket.destroy()
    await closed
  }
}

export function echo(socket: Socket): void {
  socket.pipe(socket)
}

/** A connected client. It gathers what it gets and notes how it ended. */
export class Client {
  readonly socket: Socket
  /** The code of the error that ended it; undefined if there was none. */
  readonly ended: Promise<string | undefined>
  /**
   * Resolves when nothing more will be received. What a reset looks like to a socket that has bytes to read is up to
   * chance: libuv, reading the last bytes and finding the connection gone, says that it has ended.
   */
  readonly over: Promise<void>
  received = ''

  static async connect(to: NetConnectOpts): Promise<Client> {
    const socket = connect({ ...to, allowHalfOpen: true })
    await once(socket, 'connect')
    return new Client(socket)
  }

  constructor(socket: Socket) {
    this.socket = socket
    let code: string | undefined
    socket.on('data', (bytes: Buffer) => {
      this.received += bytes.toString('latin1')
    })
    socket.on('error', (error: NodeJS.ErrnoException) => {
      code = error.code
    })
    this.over = new Promise((resolve) => {
      socket.once('end', resolve)
      socket.once('close', () => resolve())
    })
    this.ended = new Promise((resolve) => socket.once('close', () => resolve(code)))
  }

  /** Resolves when `text` is all that was received. */
  async gets(text: string): Promise<void> {
    await eventually(() => this.received === text, { message: `'${text}' to arrive` })
  }
}

/** The code with which a connection attempt fails; undefined if it succeeds. */
export async function refusalOf(to: NetConnectOpts): Promise<string | undefined> {
  const socket = connect(to)
  const code = await new Promise<string | undefined>((resolve) => {
    socket.once('connect', () => resolve(undefined))
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code))
  })
  socket.destroy()
  return code
}
