/** The name of the service that a broker offers to its workers and clients. */
export const BROKER = 'broker'

/** The name of the service that a worker offers to its broker. */
export const WORKER = 'worker'

/** The roles under which the members of a broker's mesh are known. */
export const ROLES = { broker: 'broker', worker: 'worker', client: 'client' } as const

/** What a broker says it is, to whoever asks whether it is one. */
export const IDENTITY = 'skein broker'

/** What a worker tells of itself when it registers; its name is the uid under which it does. */
export interface Registering {
  readonly service: string
  readonly keywords: readonly string[]
  /** How many requests it takes at a time. */
  readonly concurrency: number
}

/** A worker has come, has other keywords, or has gone. */
export interface ServiceChange {
  readonly kind: 'joined' | 'changed' | 'left'
  readonly service: string
  readonly worker: string
  readonly keywords: readonly string[]
  /** Of one that has `changed`: the keywords that it had. */
  readonly before?: readonly string[] | undefined
  /** How many workers the service has since: with the first it comes, with the last it goes. */
  readonly workers: number
  /** Why it has gone: `unregistered`, `replaced`, or how the mesh lost it, such as `crashed` or `silent`. */
  readonly reason?: string | undefined
}

/** Where to connect to what a broker relays: sockets of plain ZeroMQ. */
export interface RelayEndpoints {
  /** PUB sockets. */
  readonly publish: string
  /** SUB sockets. */
  readonly subscribe: string
}

/** The outcome of one worker's share of what was scattered, as of `Promise.allSettled`, with the worker's name. */
export type Gathered<T = unknown> =
  | { readonly worker: string; readonly status: 'fulfilled'; readonly value: T }
  | { readonly worker: string; readonly status: 'rejected'; readonly reason: unknown }

export interface WorkerStatus {
  readonly name: string
  /** As the broker's mesh sees it: `alive`, `stalled` (busy), `suspect`. */
  readonly state: string
  readonly keywords: readonly string[]
  readonly concurrency: number
  /** How many of its slots are taken. */
  readonly busy: number
}

export interface ServiceStatus {
  readonly name: string
  readonly workers: readonly WorkerStatus[]
  /** Requests that wait for a slot. */
  readonly queued: number
}

/** What a broker has done since it started. */
export interface BrokerCounts {
  /** Requests of clients, what was scattered included. */
  readonly asked: number
  /** Of those: answered with a result. */
  readonly answered: number
  /** Ended with an error, a worker's own included. */
  readonly failed: number
  /** How often a request was given to another worker, since the first was lost or closing. */
  readonly redone: number
  readonly broadcast: number
}

export interface BrokerStatus {
  readonly name: string
  readonly address: string
  /** Where to publish and to subscribe; none where it relays nothing. */
  readonly endpoints?: RelayEndpoints | undefined
  readonly services: readonly ServiceStatus[]
  readonly clients: readonly { readonly name: string; readonly state: string }[]
  readonly counts: BrokerCounts
}
