import type { AskedOf } from '@skein/test-harness'

/** What a worker or client needs to join. */
export interface Joining {
  readonly broker: string
  readonly token: string
  readonly timeout: number
}

/** What a process with members of a broker is told. */
export type Order =
  /** A broker starts here. Answered with its address. */
  | { readonly kind: 'broker'; readonly id: number; readonly token: string; readonly timeout: number }
  /** Workers of these names start, each with its share of the keywords. */
  | {
      readonly kind: 'workers'
      readonly id: number
      readonly joining: Joining
      readonly names: readonly string[]
    }
  /** Clients of these names start. */
  | {
      readonly kind: 'clients'
      readonly id: number
      readonly joining: Joining
      readonly names: readonly string[]
    }
  /** Each client here asks, again and again, for so many seconds. Answered with an `Account`. */
  | { readonly kind: 'ask'; readonly id: number; readonly seconds: number; readonly pauseMs: number }
  /** Answered with the bytes of memory that the process takes once garbage is gone. */
  | { readonly kind: 'memory'; readonly id: number }
  /** Answered with the workers that the broker has lost, as `Loss`. */
  | { readonly kind: 'losses'; readonly id: number }
  /** Answered with the broker's status. */
  | { readonly kind: 'status'; readonly id: number }
  | { readonly kind: 'stop'; readonly id: number }

export type Asked = AskedOf<Order>

/** A worker that the broker has lost. */
export interface Loss {
  readonly worker: string
  /** When the broker knew, in milliseconds since 1970. */
  readonly at: number
}

/** What became of the requests that clients have made. */
export interface Account {
  readonly asked: number
  readonly answered: number
  /** Those that failed with an error of Skein's, by code and `executed`. */
  readonly failed: Readonly<Record<string, number>>
  /** Answered by a worker that does not have the keyword, or with another request's answer. */
  readonly wrong: number
  /** Those that have not settled a while after the end. */
  readonly unsettled: number
  readonly longestMs: number
}
