import type { Event, Socket } from 'zeromq'
import { checkBytes } from '../../checks.js'
import { invalidOption, SkeinError } from '../../errors.js'
import { isV6, parseBindable, parseEndpoint, resolveHost, tcpEndpoint } from './addresses.js'
import { attend } from './attention.js'
import { bind, bindName } from './bind.js'
import { errnoOf, uninterrupted } from './errno.js'
import type { InprocNames } from './inproc-names.js'
import { checkFree, removeSocket } from './ipc-directory.js'
import { canReceive, canSend, type SocketKind, type SocketOption, setSocketOption } from './socket-kinds.js'
import type { Sockets } from './sockets.js'

/** What zeromq.js gives sockets that can be read and written. */
interface Receiving {
  receive(): Promise<Buffer[]>
}
interface Sending {
  send(frames: readonly (Uint8Array | string)[]): Promise<void>
}
interface Subscribing {
  subscribe(...prefixes: (Buffer | string)[]): void
  unsubscribe(...prefixes: (Buffer | string)[]): void
}

/** What a socket has come to use, and whoever closes it has to know. */
export interface SocketUses {
  /** Paths of the ipc endpoints that it has bound, to be removed when it is gone. */
  readonly files: Set<string>
  isOnlyInproc: boolean
  /** Where it makes known what it has bound. */
  readonly names: InprocNames
}

/** A socket of plain ZeroMQ, outside the mesh. Made by a `SocketSpace`. */
export class PlainSocket {
  readonly kind: SocketKind
  readonly #sockets: Sockets
  readonly #socket: Socket & Partial<Receiving & Sending & Subscribing>
  readonly #uses: SocketUses
  readonly #endpoints: string[] = []
  /** Receives and sends that are under way, counted where `attend` has to know. */
  #pending = 0
  /** Those begun last before that: one of each may be under way. */
  readonly #begun: { receive?: Promise<unknown>; send?: Promise<unknown> } = {}
  #isAttended = false

  constructor(kind: SocketKind, socket: Socket, sockets: Sockets, uses: SocketUses) {
    this.kind = kind
    this.#socket = socket
    this.#sockets = sockets
    this.#uses = uses
  }

  /** Where it is bound, with the ports that it really has. */
  get endpoints(): readonly string[] {
    return this.#endpoints
  }

  get closed(): boolean {
    return this.#socket.closed
  }

  get canReceive(): boolean {
    return canReceive(this.kind)
  }

  get canSend(): boolean {
    return canSend(this.kind)
  }

  /**
   * To be done before binding and connecting.
   *
   * @param refused names that whoever has it does not let be set: they are not offered in place of a wrong one
   * @throws ERR_INVALID_OPTION
   */
  set(name: string, value: SocketOption, refused: readonly string[] = []): void {
    setSocketOption(this.#socket, this.kind, name, value, refused)
  }

  /**
   * Binds `tcp://host:port` (port 0 or `*` for any that is free, host `*` for all interfaces), `ipc:///path` or
   * `inproc://name`, and resolves to the endpoint that others can dial.
   *
   * @throws ERR_INVALID_ADDRESS, ERR_ADDRESS_IN_USE, ERR_ADDRESS_UNAVAILABLE, ERR_CLOSED
   */
  async bind(endpoint: string): Promise<string> {
    const address = parseBindable(endpoint)
    if (address.scheme !== 'inproc') this.#uses.isOnlyInproc = false
    switch (address.scheme) {
      case 'tcp': {
        const host = await resolveHost(address.host)
        this.#checkOpen()
        if (isV6(host)) this.set('ipv6', true)
        bind(this.#socket, tcpEndpoint(host, address.port))
        break
      }
      case 'ipc':
        // libzmq would take it over without a word.
        await checkFree(address.path)
        this.#checkOpen()
        bind(this.#socket, endpoint)
        this.#uses.files.add(address.path)
        break
      case 'inproc':
        await bindName(this.#socket, endpoint, this.#uses.names, () => this.#checkOpen())
        this.#uses.names.add(endpoint)
        this.#attend()
    }
    const bound = this.#socket.lastEndpoint ?? endpoint
    this.#endpoints.push(bound)
    return bound
  }

  /**
   * Begins to connect. Whether anybody listens there is not known by that: libzmq dials again until somebody does.
   *
   * @throws ERR_INVALID_ADDRESS, ERR_CLOSED
   */
  async connect(endpoint: string): Promise<void> {
    const address = parseEndpoint(endpoint)
    if (address.scheme !== 'inproc') this.#uses.isOnlyInproc = false
    let dialled = endpoint
    if (address.scheme === 'tcp') {
      const host = await resolveHost(address.host)
      this.#checkOpen()
      if (isV6(host)) this.set('ipv6', true)
      dialled = tcpEndpoint(host, address.port)
    } else this.#checkOpen()
    uninterrupted(() => this.#socket.connect(dialled))
    if (address.scheme === 'inproc') this.#attend()
  }

  /** Of a `sub` socket: which messages it wants, by the beginning of their first frame. */
  subscribe(prefix: Uint8Array | string): void {
    this.#subscribing.subscribe(textOrBuffer(prefix))
  }

  unsubscribe(prefix: Uint8Array | string): void {
    this.#subscribing.unsubscribe(textOrBuffer(prefix))
  }

  /**
   * The next message. To be asked for one at a time; frames belong to whoever asked.
   *
   * @throws ERR_CLOSED when the socket is closed meanwhile; ERR_TIMEOUT after its `receiveTimeout`, if it has one;
   *   ERR_INVALID_OPTION if another one waits, or it is not the socket's turn to receive
   */
  async receive(): Promise<Buffer[]> {
    for (;;) {
      try {
        return await this.tryReceive()
      } catch (error) {
        this.checkFailure(error, 'receive')
      }
    }
  }

  /**
   * Hands a message to libzmq, and resolves when it has taken it: at once, unless its queue is full, or nobody is
   * connected to whom it could go. Not before the last one has been taken. Frames of more than 128 bytes are not copied,
   * and must not be changed afterwards.
   *
   * @throws ERR_CLOSED when the socket is closed meanwhile; ERR_TIMEOUT after its `sendTimeout`, if it has one;
   *   ERR_INVALID_OPTION if there are no frames, another one waits, or it is not the socket's turn to send
   */
  async send(frames: readonly (Uint8Array | string)[]): Promise<void> {
    for (;;) {
      try {
        return await this.trySend(frames)
      } catch (error) {
        this.checkFailure(error, 'send')
      }
    }
  }

  /**
   * As `receive`, for whoever reads hundreds of thousands a second and can't afford an async function more for each: it
   * rejects with what libzmq says, and is to be tried again if `checkFailure` doesn't throw.
   */
  tryReceive(): Promise<Buffer[]> {
    const socket = this.#socket
    if (socket.receive === undefined || !this.canReceive) throw this.#unable('receive')
    this.#sockets.scavenges.hasten() // for the message before, which has been handed on by now
    const receiving = this.#followed('receive', socket.receive())
    receiving.then(this.#received, ignored)
    return receiving
  }

  /** The same for `send`. */
  trySend(frames: readonly (Uint8Array | string)[]): Promise<void> {
    const socket = this.#socket
    if (socket.send === undefined || !this.canSend) throw this.#unable('send')
    return this.#followed('send', socket.send(frames))
  }

  /** Throws what a failure means, unless it is to be tried again: what was announced is gone, and its connection with it. */
  checkFailure(error: unknown, operation: 'receive' | 'send'): void {
    this.#checkOpen()
    if (errnoOf(error) !== 'EAGAIN') throw misused(this.kind, operation, error)
    const option = `${operation}Timeout`
    const timeoutMs: unknown = Reflect.get(this.#socket, option)
    if (typeof timeoutMs !== 'number' || timeoutMs < 0) return
    throw new SkeinError('ERR_TIMEOUT', `the ${this.kind} socket's ${option} of ${timeoutMs} ms is over`, {
      timeoutMs,
    })
  }

  /**
   * What happens to its connections, until it is closed: `handshake`, `disconnect`, `accept:error`… To be called once,
   * before it connects; inproc has none.
   */
  watch(onEvent: (event: Event) => void): void {
    this.#sockets.watch(this.#socket, onEvent, () => {})
  }

  /**
   * Resolves when libzmq has let go of it, after at most `linger` milliseconds; at once, if all its addresses are inproc.
   * With others beside those it may wait for a REQ at the other end of inproc, which doesn't notice while it is idle.
   */
  close(): Promise<void> {
    return this.#sockets.close(this.#socket)
  }

  #attend(): void {
    if (this.#isAttended) return
    this.#isAttended = true
    const { receive, send } = this.#begun
    for (const operation of [receive, send]) if (operation !== undefined) this.#count(operation)
    attend(this.#socket, () => this.#pending === 0)
  }

  #followed<T>(which: 'receive' | 'send', operation: Promise<T>): Promise<T> {
    if (this.#isAttended) this.#count(operation)
    else this.#begun[which] = operation
    return operation
  }

  #count(operation: Promise<unknown>): void {
    this.#pending += 1
    operation.then(this.#settled, this.#settled)
  }

  readonly #received = (frames: Buffer[]): void => {
    this.#sockets.scavenges.received(frames)
  }

  readonly #settled = (): void => {
    this.#pending -= 1
  }

  get #subscribing(): Subscribing {
    const { subscribe, unsubscribe } = this.#socket
    if (subscribe === undefined || unsubscribe === undefined) throw this.#unable('subscribe')
    return {
      subscribe: (...prefixes) => subscribe.apply(this.#socket, prefixes),
      unsubscribe: (...prefixes) => unsubscribe.apply(this.#socket, prefixes),
    }
  }

  #checkOpen(): void {
    if (this.#socket.closed) throw this.#isClosed()
  }

  #isClosed(): SkeinError {
    return new SkeinError('ERR_CLOSED', `the ${this.kind} socket is closed`)
  }

  #unable(what: string): SkeinError {
    return invalidOption('socket', this.kind, `a kind that can ${what}`)
  }
}

/** Whoever asked has the failure. */
function ignored(): void {}

export async function removeFiles(files: Set<string>): Promise<void> {
  await Promise.all([...files].map(removeSocket))
}

/** Its type is that of zeromq.js. */
function textOrBuffer(prefix: unknown): Buffer | string {
  const checked = checkBytes('prefix', prefix)
  return typeof checked === 'string' ? checked : Buffer.from(checked)
}

/** What was asked for at the wrong time, or without what it needs, in words of ours; anything else as it is. */
function misused(kind: SocketKind, operation: 'receive' | 'send', error: unknown): unknown {
  const refuse = (given: string, allowed: string): SkeinError =>
    new SkeinError(
      'ERR_INVALID_OPTION',
      `${operation} of a ${kind} socket was called ${given}; allowed: ${allowed}`,
      { option: operation, given, allowed, cause: error },
    )
  switch (errnoOf(error)) {
    case 'EBUSY':
      return refuse(`while another ${operation} waits`, 'one at a time: await the one before')
    case 'EFSM':
      return refuse('out of turn', 'send and receive by turns: a req sends first, a rep receives first')
  }
  if (operation === 'send' && isTypeError(error))
    return refuse('without a message', 'an array of frames: strings, Buffers or Uint8Arrays')
  return error
}

/** By its name: native code need not make it one of this realm. */
function isTypeError(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'name' in error && error.name === 'TypeError'
}
