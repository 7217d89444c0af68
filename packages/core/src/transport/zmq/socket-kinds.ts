import type { Context, Socket } from 'zeromq'
import { invalidOption, messageOf } from '../../errors.js'
import { zeromq } from './zeromq.js'

/** The classes of zeromq.js. */
const CLASSES = {
  dealer: 'Dealer',
  pair: 'Pair',
  pub: 'Publisher',
  pull: 'Pull',
  push: 'Push',
  rep: 'Reply',
  req: 'Request',
  router: 'Router',
  sub: 'Subscriber',
  xpub: 'XPublisher',
  xsub: 'XSubscriber',
} as const

/** A kind of ZeroMQ socket, by its name in lower case. */
export type SocketKind = keyof typeof CLASSES

export const SOCKET_KINDS: readonly SocketKind[] = Object.keys(CLASSES).filter(isSocketKind)

export function isSocketKind(given: unknown): given is SocketKind {
  return typeof given === 'string' && Object.hasOwn(CLASSES, given)
}

/** Told from the kind, since zeromq.js gives every socket both methods. */
export function canReceive(kind: SocketKind): boolean {
  return kind !== 'pub' && kind !== 'push'
}

export function canSend(kind: SocketKind): boolean {
  return kind !== 'sub' && kind !== 'pull'
}

/**
 * The value of a socket option. The names are those of zeromq.js: `linger`, `sendHighWaterMark`, `routingId`… Times are
 * in milliseconds.
 */
export type SocketOption = string | number | boolean | null

export function makeSocket(kind: SocketKind, context: Context): Socket {
  return new (zeromq()[CLASSES[kind]])({ context })
}

/** @throws ERR_INVALID_OPTION if this kind of socket has no such option, or the option takes no such value */
export function setSocketOption(
  socket: Socket,
  kind: SocketKind,
  name: string,
  value: SocketOption,
  refused: readonly string[],
): void {
  const names = optionsOf(socket).filter((each) => !refused.includes(each))
  if (!names.includes(name)) throw invalidOption(name, value, `for a ${kind} socket: ${names.join(', ')}`)
  try {
    if (!Reflect.set(socket, name, value)) throw new TypeError('it is read only')
  } catch (error) {
    throw invalidOption(name, value, `what libzmq accepts (${messageOf(error)})`)
  }
}

/** Every accessor that can be written, of the socket's class and those that it extends: all but the last, Object itself. */
function optionsOf(socket: Socket): readonly string[] {
  const names = new Set<string>()
  let owner: object = socket
  for (;;) {
    const extended: object | null = Object.getPrototypeOf(owner)
    if (extended === null) return [...names].sort()
    for (const [name, { set }] of Object.entries(Object.getOwnPropertyDescriptors(owner)))
      if (set !== undefined) names.add(name)
    owner = extended
  }
}
