import type { Links } from '../link/links.js'
import { type Scheme, schemeOf } from '../transport/transport.js'
import type { PeerKind } from './introductions.js'
import type { Replies } from './replies.js'

/** What is known about a peer at this moment. */
export interface PeerReport {
  readonly uid: string
  readonly instance: string
  readonly roles: readonly string[]
  readonly state: PeerKind
  readonly lane: Scheme | undefined
  /** Milliseconds from a heart to its beat. */
  readonly rtt: number | undefined
  /** How late its event loop was at its last beat, in milliseconds. */
  readonly lag: number | undefined
  /** Our requests that it has not answered. */
  readonly awaited: number
  /** Its requests that run here. */
  readonly running: number
  /** Bytes posted to it that it has not acknowledged. */
  readonly queued: number
}

/** Everyone that is known, ordered by uid. */
export function report(links: Links, replies: Replies): PeerReport[] {
  const entries = new Map(links.directory.entries().map((entry) => [entry.uid, entry]))
  for (const { entry } of links.all()) if (entry !== undefined) entries.set(entry.uid, entry)
  return [...entries.values()]
    .sort((a, b) => (a.uid < b.uid ? -1 : 1))
    .map(({ uid, instance, roles }) => {
      const link = links.get(uid)
      return {
        uid,
        instance,
        roles,
        state: link?.state.kind ?? 'known',
        lane: link?.lane,
        rtt: link?.pulse.rtt,
        lag: link?.pulse.last?.lag,
        awaited: replies.sizeFor(uid),
        running: link === undefined ? 0 : links.running(link),
        queued: link?.session.bytes ?? 0,
      }
    })
}

/** The endpoint to give to others: the tcp one, or else the cheapest. */
export function mainEndpoint(endpoints: readonly string[] = []): string | undefined {
  return endpoints.find((endpoint) => schemeOf(endpoint) === 'tcp') ?? endpoints[0]
}

export function tcpPort(endpoints: readonly string[] = []): number | undefined {
  const tcp = endpoints.find((endpoint) => schemeOf(endpoint) === 'tcp')
  return tcp === undefined ? undefined : Number(tcp.slice(tcp.lastIndexOf(':') + 1))
}
