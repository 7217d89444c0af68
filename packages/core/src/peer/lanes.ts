import type { Place } from '../host.js'
import { type Scheme, schemeOf } from '../transport/transport.js'
import type { DirectoryEntry } from '../wire/message.js'

const COST: Record<Scheme, number> = { inproc: 0, mem: 1, ipc: 2, tcp: 3 }

/** The endpoints by which a peer can be reached from here, cheapest first: the order in which to try them. */
export function lanes(peer: Pick<DirectoryEntry, 'endpoints' | 'host' | 'process'>, here: Place): string[] {
  const reachable = peer.endpoints.filter((endpoint) => {
    switch (schemeOf(endpoint)) {
      case 'inproc':
        return peer.process === here.process
      case 'ipc':
        return peer.host === here.host
      case 'tcp':
      case 'mem':
        return true
      default:
        return false // a scheme of a later version
    }
  })
  return reachable.sort((a, b) => cost(a) - cost(b))
}

function cost(endpoint: string): number {
  const scheme = schemeOf(endpoint)
  return scheme === undefined ? Number.POSITIVE_INFINITY : COST[scheme]
}
