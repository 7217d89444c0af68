import { connect, type NetConnectOpts, type Socket } from 'node:net'
import { type Clock, systemClock } from '../../clock.js'
import type { ProbeVerdict } from '../transport.js'
import { parseEndpoint } from './addresses.js'
import { errnoOf } from './errno.js'
import { isBound } from './sockets.js'
import { GREETING, readIntroduction } from './zmtp.js'

/** Asks the operating system whether somebody listens at an endpoint. For inproc, only that nobody does can be known. */
export async function probe(
  endpoint: string,
  timeoutMs: number,
  instance: string | undefined,
  clock: Clock,
): Promise<ProbeVerdict> {
  const address = parseEndpoint(endpoint)
  switch (address.scheme) {
    case 'tcp':
      return probeStream({ host: address.host, port: address.port }, timeoutMs, { clock, instance })
    case 'ipc':
      return probeStream({ path: address.path }, timeoutMs, { clock })
    case 'inproc':
      return isBound(endpoint) ? 'unknown' : 'refused'
  }
}

export interface StreamProbeOptions {
  /** @default the system's */
  readonly clock?: Clock
  /** Whose socket it has to be. Whoever listens there is asked for its name, in ZeroMQ's words. */
  readonly instance?: string | undefined
}

/** Connects to a TCP or Unix socket and hangs up, at once or when it is known who listens there. */
export function probeStream(
  target: NetConnectOpts,
  timeoutMs: number,
  { clock = systemClock, instance }: StreamProbeOptions = {},
): Promise<ProbeVerdict> {
  return new Promise((resolve) => {
    const socket = connect(target)
    const timer = clock.after(timeoutMs, () => settle('unknown'))
    const settle = (verdict: ProbeVerdict) => {
      timer.cancel()
      socket.destroy()
      resolve(verdict)
    }
    socket.on('connect', () => {
      if (isOwnEcho(socket)) settle('refused')
      else if (instance === undefined) settle('accepted')
      else ask(socket, instance, settle)
    })
    // Stays on after the verdict: an error that is still under way must find a listener.
    socket.on('error', (error) => settle(means(error, 'path' in target)))
  })
}

function ask(socket: Socket, instance: string, settle: (verdict: ProbeVerdict) => void): void {
  let heard = Buffer.alloc(0)
  socket.on('data', (bytes) => {
    heard = Buffer.concat([heard, bytes])
    const said = readIntroduction(heard)
    if (said.kind === 'named') settle(said.routingId === instance ? 'accepted' : 'refused')
    else if (said.kind === 'foreign') settle('refused')
  })
  socket.on('close', () => settle('unknown'))
  socket.write(GREETING)
}

function means(error: Error, isPath: boolean): ProbeVerdict {
  const code = errnoOf(error)
  return code === 'ECONNREFUSED' || (isPath && code === 'ENOENT') ? 'refused' : 'unknown'
}

/**
 * Whoever dials a free port of the range that the system takes its outgoing ports from can be given that very port, and
 * is then connected to itself.
 */
function isOwnEcho(socket: Socket): boolean {
  return (
    socket.localPort !== undefined &&
    socket.localPort === socket.remotePort &&
    socket.localAddress === socket.remoteAddress
  )
}
