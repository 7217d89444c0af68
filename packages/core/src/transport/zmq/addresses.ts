import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { SkeinError } from '../../errors.js'

/** An endpoint taken apart. */
export type Address =
  | { scheme: 'tcp'; host: string; port: number }
  | { scheme: 'ipc'; path: string }
  | { scheme: 'inproc'; name: string }

/** The longest path that the system's socket address holds, less its closing zero. */
export const MAX_IPC_PATH = process.platform === 'linux' ? 107 : 103

/**
 * Takes an endpoint apart; throws ERR_INVALID_ADDRESS if it isn't one that ZeroMQ can dial. Stricter than libzmq, since
 * endpoints come from other machines: no wildcards, no port above 65535 (libzmq takes it modulo 65536), no source
 * address, no relative path.
 */
export function parseEndpoint(endpoint: string): Address {
  const tcp = /^tcp:\/\/(?:\[([\da-fA-F:.]+(?:%[\w.-]+)?)\]|([\w.-]+)):(\d{1,5})$/.exec(endpoint)
  if (tcp) {
    const [, bracketed, plain = '', digits] = tcp
    const host = bracketed ?? plain
    const port = Number(digits)
    if (port < 1 || port > 65_535) throw invalidAddress(endpoint, 'its port is not within 1 to 65535')
    if (bracketed !== undefined && !isV6(bracketed))
      throw invalidAddress(endpoint, 'its host is not an IPv6 address')
    return { scheme: 'tcp', host, port }
  }
  const ipc = /^ipc:\/\/(\/.+)$/.exec(endpoint)?.[1]
  if (ipc !== undefined) {
    if (Buffer.byteLength(ipc) > MAX_IPC_PATH)
      throw invalidAddress(endpoint, `its path exceeds ${MAX_IPC_PATH} bytes`)
    return { scheme: 'ipc', path: ipc }
  }
  const inproc = /^inproc:\/\/([\w.-]+)$/.exec(endpoint)?.[1]
  if (inproc !== undefined) return { scheme: 'inproc', name: inproc }
  if (/^tcp:\/\/(?:\*:|.*:\*$)/.test(endpoint))
    throw invalidAddress(
      endpoint,
      "'*' can be bound, and not dialled; take the endpoint that binding it has given",
    )
  if (/^ipc:\/\/[^/]/.test(endpoint))
    throw invalidAddress(endpoint, 'its path is not absolute, as in ipc:///tmp/name.sock')
  throw invalidAddress(endpoint, 'it is not of the form tcp://host:port, ipc:///path or inproc://name')
}

/** As `parseEndpoint`, of an endpoint to bind: the host may be `*`, the port `*` or 0. */
export function parseBindable(endpoint: string): Address {
  const [, host, port] = /^tcp:\/\/(.+):(\*|\d{1,5})$/.exec(endpoint) ?? []
  if (host === undefined || (host !== '*' && port !== '*' && Number(port) !== 0))
    return parseEndpoint(endpoint)
  const isAny = port === '*' || Number(port) === 0
  // Only what a wildcard stands for is put in its place; the rest is as strict as for whoever dials.
  const address = parseEndpoint(`tcp://${host === '*' ? '0.0.0.0' : host}:${isAny ? 1 : port}`)
  return address.scheme === 'tcp' && isAny ? { ...address, port: 0 } : address
}

/** @throws ERR_INVALID_ADDRESS */
export function checkAddress(endpoint: string, use: 'bind' | 'connect'): void {
  if (use === 'bind') parseBindable(endpoint)
  else parseEndpoint(endpoint)
}

export function tcpEndpoint(host: string, port: number): string {
  return isV6(host) ? `tcp://[${host}]:${port}` : `tcp://${host}:${port}`
}

/**
 * The IP address of a host. Names are resolved here and never by libzmq: it would do so in its only I/O thread, where a
 * slow name server holds up everybody's heartbeats, and it reports nothing when a name doesn't exist.
 */
export async function resolveHost(host: string): Promise<string> {
  if (host === '*') return '0.0.0.0'
  if (isIP(host)) return host
  if (!/^[\w.-]+$/.test(host)) throw invalidAddress(host, 'it is neither an IP address nor a host name')
  try {
    // IPv4 first: `localhost` is 127.0.0.1 for whoever binds it and for whoever dials it.
    const { address } = await lookup(host, { verbatim: false })
    return address
  } catch (error) {
    throw invalidAddress(host, 'no such host is known', error)
  }
}

export function invalidAddress(address: string, why: string, cause?: unknown): SkeinError {
  return new SkeinError('ERR_INVALID_ADDRESS', `${address} is not a usable address: ${why}`, {
    address,
    cause,
  })
}

export function addressInUse(address: string, cause?: unknown): SkeinError {
  return new SkeinError('ERR_ADDRESS_IN_USE', `${address} is held by another listener`, { address, cause })
}

/** As `isIPv6` of Node, which compiles a large pattern when it is first asked, for 4 ms, even for an address of IPv4. */
export function isV6(host: string): boolean {
  return isIP(host) === 6
}
