import type { Router, Socket } from 'zeromq'
import { invalidOption, SkeinError } from '../../errors.js'
import { addressInUse, invalidAddress, tcpEndpoint } from './addresses.js'
import { errnoOf } from './errno.js'
import type { InprocNames } from './inproc-names.js'

/** Where the search for a free port begins. */
const FIRST_PORT = 3000
const LAST_PORT = 65_535

/** How long an inproc name is tried for, in milliseconds: what a closed socket held is free far sooner. */
const NAME_GRACE_MS = 1000

/** Binds one TCP port and returns the endpoint: the port given, any if it is 0, the first free one if it is undefined. */
export function bindTcp(router: Router, host: string, port: number | undefined): string {
  if (port !== undefined) {
    if (!Number.isInteger(port) || port < 0 || port > LAST_PORT) {
      throw invalidOption('port', port, `an integer from 0 to ${LAST_PORT}, or undefined`)
    }
    bind(router, tcpEndpoint(host, port))
    return boundEndpoint(router)
  }
  for (let candidate = FIRST_PORT; candidate <= LAST_PORT; candidate++) {
    try {
      bind(router, tcpEndpoint(host, candidate))
      return boundEndpoint(router)
    } catch (error) {
      if (!(error instanceof SkeinError) || error.code !== 'ERR_ADDRESS_IN_USE') throw error
    }
  }
  const address = `${host}:${FIRST_PORT}-${LAST_PORT}`
  throw new SkeinError('ERR_ADDRESS_IN_USE', `no port is free on ${address}`, { address })
}

/**
 * Binds one endpoint and returns it; what the system says against it becomes an error of ours. Synchronous, since a
 * socket can't be closed while it is being bound, and binding takes microseconds.
 */
export function bind(socket: Socket, endpoint: string): string {
  try {
    socket.bindSync(endpoint)
    return endpoint
  } catch (error) {
    throw bindError(endpoint, error)
  }
}

/**
 * Binds an inproc name. libzmq takes one from whoever held it in a thread of its own, a moment after that was closed: so
 * one that nobody in this thread holds is tried for a while.
 *
 * @param checkOpen throws if the socket was closed meanwhile
 */
export async function bindName(
  socket: Socket,
  endpoint: string,
  names: InprocNames,
  checkOpen: () => void,
): Promise<void> {
  const until = performance.now() + NAME_GRACE_MS
  for (;;) {
    checkOpen()
    try {
      bind(socket, endpoint)
      return
    } catch (error) {
      const isTaken = error instanceof SkeinError && error.code === 'ERR_ADDRESS_IN_USE'
      if (!isTaken || names.isBound(endpoint) || performance.now() > until) throw error
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
}

function boundEndpoint(router: Router): string {
  const endpoint = router.lastEndpoint
  if (endpoint === null) throw new Error('libzmq has bound a socket and does not say where')
  return endpoint
}

function bindError(address: string, cause: unknown): SkeinError {
  switch (errnoOf(cause)) {
    case 'EADDRINUSE':
      return addressInUse(address, cause)
    case 'EINVAL':
    case 'ENAMETOOLONG':
    case 'EPROTONOSUPPORT':
      return invalidAddress(address, 'the system does not accept it', cause)
    default: {
      const reason = errnoOf(cause) ?? String(cause)
      const message = `${address} can't be bound on this machine (${reason})`
      return new SkeinError('ERR_ADDRESS_UNAVAILABLE', message, { address, cause, reason })
    }
  }
}
