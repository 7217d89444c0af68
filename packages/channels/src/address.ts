import { networkInterfaces } from 'node:os'
import { SkeinError } from '@skein/core'
import { describe } from '@skein/core/internal'
import { portOf } from './port-name.js'

/** Where a context binds or connects. */
export interface HostAndPort {
  readonly host: string
  readonly port: number
}

/**
 * Takes `host:port` apart. `localhost` is this machine alone; `publichost` is the address by which other machines reach
 * it, the one of that index where it has several: `publichost1`.
 *
 * @throws ERR_INVALID_ADDRESS
 */
export function parseAddress(address: unknown): HostAndPort {
  const [, host, port] =
    (typeof address === 'string' ? /^(?!\w+:\/\/)(\S+):([^:]+)$/.exec(address) : null) ?? []
  if (host === undefined || port === undefined) {
    const shown = describe(address)
    const allowed = 'host:port, as in localhost:11111 or publichost:name'
    throw new SkeinError('ERR_INVALID_ADDRESS', `address is ${shown}; allowed: ${allowed}`, {
      option: 'address',
      given: shown,
      allowed,
    })
  }
  return { host: hostOf(host), port: portOf(port, `${host}:${port}`) }
}

/** Whether an endpoint can be reached from this machine alone. */
export function isLocal(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host)
}

/** The host of a tcp endpoint; none of one that lies on this machine in any case. */
export function hostOfEndpoint(endpoint: string): string | undefined {
  return /^tcp:\/\/\[?(.+?)\]?:\d+$/.exec(endpoint)?.[1]
}

export function endpointOf({ host, port }: HostAndPort): string {
  return host.includes(':') ? `tcp://[${host}]:${port}` : `tcp://${host}:${port}`
}

/** @throws ERR_INVALID_ADDRESS if this machine has no such address */
export function publicHost(index = 0): string {
  const all = Object.values(networkInterfaces()).flatMap((each) => each ?? [])
  const found = all.filter(({ internal, family }) => !internal && family === 'IPv4').at(index)
  if (found !== undefined) return found.address
  const address = `publichost${index === 0 ? '' : index}`
  const text = `${address} is not a usable address: this machine has no such address that others can reach`
  throw new SkeinError('ERR_INVALID_ADDRESS', text, { address })
}

function hostOf(given: string): string {
  const host = given.replace(/^\[(.*)\]$/, '$1').toLowerCase()
  if (host === 'localhost') return '127.0.0.1'
  const index = /^publichost(\d*)$/.exec(host)?.[1]
  return index === undefined ? host : publicHost(Number(index))
}
