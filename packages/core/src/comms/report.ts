import type { Clock } from '../clock.js'
import type { Links } from '../link/links.js'
import { type Scheme, schemeOf } from '../transport/transport.js'
import type { DirectoryEntry } from '../wire/message.js'
import type { PeerKind } from './peer-change.js'
import type { Replies } from './replies.js'
import type { Standing, Standings } from './standings.js'

/** What is known about a peer at this moment, or was of one that is gone. */
export interface PeerReport {
  readonly uid: string
  readonly instance: string
  readonly roles: readonly string[]
  readonly state: PeerKind
  /** Why it is dead or has left; of one that is known, why the last link to it has ended. */
  readonly reason: string | undefined
  /** How long ago the last change of its state was told, in milliseconds: of one that is gone, its end. */
  readonly sinceMs: number
  readonly lane: Scheme | undefined
  /** Milliseconds from a heart to its beat. */
  readonly rtt: number | undefined
  /** How late its event loop was at its last beat, or in the five seconds before, in milliseconds. */
  readonly lag: number | undefined
  /** Our requests that it has not answered. */
  readonly awaited: number
  /** Its requests that run here. */
  readonly running: number
  /** Bytes posted to it that it has not acknowledged. */
  readonly queued: number
}

export interface ReportParts {
  readonly links: Links
  readonly replies: Replies
  readonly standings: Standings
  readonly clock: Clock
}

/** Everyone that is known, and the last ends of those that are not any more, ordered by uid. */
export function report(parts: ReportParts): PeerReport[] {
  const { links, standings } = parts
  const entries = new Map(links.directory.entries().map((entry) => [entry.uid, entry]))
  for (const { entry } of links.all()) if (entry !== undefined) entries.set(entry.uid, entry)
  const there = [...entries.values()].map((entry) => reportOf(entry, parts))
  const gone = [...standings.ends()].filter(({ change }) => !entries.has(change.uid))
  return [...there, ...gone.map((standing) => reportOfEnd(standing, parts))].sort((a, b) =>
    a.uid < b.uid ? -1 : 1,
  )
}

function reportOf({ uid, instance, roles }: DirectoryEntry, parts: ReportParts): PeerReport {
  const { links, replies, standings, clock } = parts
  const link = links.get(uid)
  const standing = standings.get(uid)
  const told = standing?.change.instance === instance ? standing : undefined
  return {
    uid,
    instance,
    roles,
    state: link?.state.kind ?? 'known',
    reason: told?.change.reason,
    sinceMs: told === undefined ? 0 : clock.now() - told.since,
    lane: link?.lane,
    rtt: link?.pulse.rtt,
    lag: link?.pulse.last?.lag,
    awaited: replies.sizeFor(uid),
    running: link === undefined ? 0 : links.running(link),
    queued: link?.session.bytes ?? 0,
  }
}

function reportOfEnd({ change, roles, since }: Standing, { replies, clock }: ReportParts): PeerReport {
  const { uid, instance, is, reason, lane } = change
  return {
    uid,
    instance,
    roles,
    state: is,
    reason,
    sinceMs: clock.now() - since,
    lane,
    rtt: undefined,
    lag: undefined,
    awaited: replies.sizeFor(uid),
    running: 0,
    queued: 0,
  }
}

/** The endpoint to give to others: the tcp one, or else the cheapest. */
export function mainEndpoint(endpoints: readonly string[] = []): string | undefined {
  return endpoints.find((endpoint) => schemeOf(endpoint) === 'tcp') ?? endpoints[0]
}

export function tcpPort(endpoints: readonly string[] = []): number | undefined {
  const tcp = endpoints.find((endpoint) => schemeOf(endpoint) === 'tcp')
  return tcp === undefined ? undefined : Number(tcp.slice(tcp.lastIndexOf(':') + 1))
}
