import { SkeinError } from '@skein/core'
import type { Connection } from './connection.js'

export function selfConnected(address: string): SkeinError {
  const text = `${address} is bound by this very context, which can't be connected to itself`
  return new SkeinError('ERR_INVALID_ADDRESS', text, { address })
}

export function noContext(address: string, uid: string): SkeinError {
  const text = `${address} is the address of ${uid}, which is no context of channels`
  return new SkeinError('ERR_INVALID_ADDRESS', text, { address, uid })
}

export function closedMeanwhile({ address, reason }: Connection): SkeinError {
  return new SkeinError('ERR_CLOSED', `the connection to ${address} is over: ${reason}`, {
    address,
    ...(reason !== undefined && { reason }),
  })
}

export function isLate(error: unknown): boolean {
  return (
    error instanceof SkeinError && (error.code === 'ERR_HANDSHAKE_TIMEOUT' || error.code === 'ERR_TIMEOUT')
  )
}

export function unanswered(endpoint: string, timeoutMs: number, cause: unknown): SkeinError {
  const why = cause instanceof SkeinError && cause.reason !== undefined ? ` (${cause.reason})` : ''
  const text =
    `no context has answered at ${endpoint} within ${timeoutMs} ms${why}; ` +
    'is one bound there, has it the same token, and can it dial back?'
  return new SkeinError('ERR_HANDSHAKE_TIMEOUT', text, { address: endpoint, timeoutMs, cause })
}

export function inUse(
  address: string,
  { host, port, last }: { host: string; port: number; last: number },
  cause: unknown,
): SkeinError {
  const ports = last === port ? `port ${port}` : `every port from ${port} to ${last}`
  const text = `${address} can't be bound: ${ports} of ${host} is held by another listener`
  return new SkeinError('ERR_ADDRESS_IN_USE', text, { address, cause })
}
