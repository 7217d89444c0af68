import { SkeinError } from '@skein/core'
import { invalidOption, type PlainSocket, type SocketSpace } from '@skein/core/internal'
import type { Binding, PortRange, SocketPlan } from './plan.js'

/**
 * Messages that libzmq keeps for each connection each way. Lower than its own 1000: a relay has four such queues, and what
 * they hold may be a mebibyte a message.
 */
const HIGH_WATER_MARK = 128

/** How long what a relay has passed on may take to leave once it is stopped, in milliseconds. */
const LINGER = 1000

/** A device waits for as long as it takes: one that were to give up would end at the first pause. */
const REFUSED: readonly string[] = ['receiveTimeout', 'sendTimeout']

/** A socket with its options, which come before everything else. @throws ERR_INVALID_OPTION */
export function openSocket(space: SocketSpace, { kind, options, subscriptions }: SocketPlan): PlainSocket {
  const socket = space.open(kind, { linger: LINGER })
  try {
    if (socket.canSend) socket.set('sendHighWaterMark', HIGH_WATER_MARK)
    if (socket.canReceive) socket.set('receiveHighWaterMark', HIGH_WATER_MARK)
    for (const [name, value] of options) {
      if (REFUSED.includes(name))
        throw invalidOption(name, value, 'no value at all: a device waits for as long as it takes')
      socket.set(name, value, REFUSED)
    }
    for (const prefix of subscriptions) socket.subscribe(Buffer.from(prefix, 'base64'))
    return socket
  } catch (error) {
    void socket.close()
    throw error
  }
}

/** How long what was sent by a socket may take to leave once it is closed, in milliseconds. */
export function lingerOf({ options }: SocketPlan): number {
  const [, linger] = options.findLast(([name]) => name === 'linger') ?? []
  if (typeof linger !== 'number') return LINGER
  return linger < 0 ? Number.POSITIVE_INFINITY : linger
}

/** @throws ERR_INVALID_ADDRESS, ERR_ADDRESS_IN_USE, ERR_ADDRESS_UNAVAILABLE */
export async function bindSocket(socket: PlainSocket, { binds }: SocketPlan): Promise<void> {
  for (const binding of binds) await bindOne(socket, binding)
}

/** @throws ERR_INVALID_ADDRESS */
export async function connectSocket(socket: PlainSocket, { connects }: SocketPlan): Promise<void> {
  for (const address of connects) await socket.connect(address)
}

/**
 * A socket with its options, bound and connected.
 *
 * @param opened where it is noted, since it has to be closed if what comes after it fails
 * @throws ERR_INVALID_OPTION, ERR_INVALID_ADDRESS, ERR_ADDRESS_IN_USE, ERR_ADDRESS_UNAVAILABLE
 */
export async function prepareSocket(
  space: SocketSpace,
  plan: SocketPlan,
  opened: PlainSocket[] = [],
): Promise<PlainSocket> {
  const socket = openSocket(space, plan)
  opened.push(socket)
  await bindSocket(socket, plan)
  await connectSocket(socket, plan)
  return socket
}

async function bindOne(socket: PlainSocket, { address, ports }: Binding): Promise<void> {
  if (ports === undefined) {
    await socket.bind(address)
    return
  }
  const { min, max, maxTries } = ports
  for (const port of drawn(min, max, maxTries)) {
    try {
      await socket.bind(`${address}:${port}`)
      return
    } catch (error) {
      if (!(error instanceof SkeinError) || error.code !== 'ERR_ADDRESS_IN_USE') throw error
    }
  }
  const tried = Math.min(maxTries, max - min)
  const message = `none of ${tried} ports that were tried on ${address}, of ${min} to ${max - 1}, is free`
  throw new SkeinError('ERR_ADDRESS_IN_USE', message, { address })
}

/** So many ports of a range, none twice, from one drawn by lot on. */
function* drawn(min: number, max: number, count: number): Generator<number> {
  const first = Math.floor(Math.random() * (max - min))
  for (let i = 0; i < Math.min(count, max - min); i++) yield min + ((first + i) % (max - min))
}

export const defaultPorts: Required<PortRange> = { min: 49_152, max: 65_536, maxTries: 100 }
