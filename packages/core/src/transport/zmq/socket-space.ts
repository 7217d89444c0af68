import type { Context } from 'zeromq'
import { invalidOption } from '../../errors.js'
import { InprocNames } from './inproc-names.js'
import { PlainSocket, removeFiles, type SocketUses } from './plain-socket.js'
import type { Scavenging } from './scavenges.js'
import { isSocketKind, makeSocket, SOCKET_KINDS, type SocketKind, type SocketOption } from './socket-kinds.js'
import { Sockets } from './sockets.js'
import { MAX_SOCKETS, zeromq } from './zeromq.js'

export type SocketOptions = Readonly<Record<string, SocketOption>>

/**
 * What a socket is given where nothing else is asked for. libzmq's own defaults would keep the process alive for whoever
 * can't be reached, lose newcomers where a hundred connect at once, hold a silent one for half a minute, and reserve
 * whatever a header of nine bytes announces.
 */
const DEFAULTS: SocketOptions = {
  backlog: 4096,
  handshakeInterval: 10_000,
  linger: 0,
  maxMessageSize: 1024 ** 3,
}

const NAMES = new WeakMap<Context, InprocNames>()

export interface SocketSpaceOptions {
  /**
   * Whether its sockets are in the ZeroMQ context that all threads of the process share: what is bound to an inproc
   * name in one can only be reached from within it.
   * @default true
   */
  readonly shared?: boolean | undefined
  /** Another owner, whose context it takes. */
  readonly within?: SocketSpace | undefined
}

/** Sockets of plain ZeroMQ, which have one owner. */
export class SocketSpace {
  readonly #context: Context
  /** What plain sockets of the same context have bound in this thread. */
  readonly names: InprocNames
  readonly #sockets: Sockets

  /** @param scavenges told of what is received @default those of this thread */
  constructor({ within, shared = true }: SocketSpaceOptions = {}, scavenges?: Scavenging) {
    this.#sockets = new Sockets(scavenges)
    this.#context = within === undefined ? contextFor(shared) : within.#context
    this.names = NAMES.get(this.#context) ?? new InprocNames()
    NAMES.set(this.#context, this.names)
  }

  /** @throws ERR_INVALID_OPTION; ERR_CLOSED after `close` */
  open(kind: SocketKind, options: SocketOptions = {}): PlainSocket {
    if (!isSocketKind(kind)) throw invalidOption('kind', kind, SOCKET_KINDS.join(', '))
    const { names } = this
    const uses: SocketUses = { files: new Set(), isOnlyInproc: true, names }
    const socket = this.#sockets.add(() => makeSocket(kind, this.#context), {
      afterwards() {
        for (const endpoint of plain.endpoints) names.delete(endpoint)
        return removeFiles(uses.files)
      },
      isOnlyInproc: () => uses.isOnlyInproc,
    })
    const plain = new PlainSocket(kind, socket, this.#sockets, uses)
    try {
      for (const [name, value] of Object.entries({ ...DEFAULTS, ...options })) plain.set(name, value)
    } catch (error) {
      void plain.close()
      throw error
    }
    return plain
  }

  /** Closes them all, and resolves when they are gone. */
  close(): Promise<void> {
    return this.#sockets.closeAll()
  }
}

function contextFor(shared: boolean): Context {
  const { Context, context } = zeromq()
  return shared ? context : new Context({ maxSockets: MAX_SOCKETS })
}
