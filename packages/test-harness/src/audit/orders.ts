import type { AskedOf, Signed } from '../ordered-process.js'
import type { Sabotage } from './sabotage.js'

/** What is to be done to what a member receives. */
export type Tampering =
  | { readonly how: 'repeat' | 'swap'; readonly count: number }
  | { readonly how: 'withhold' | 'release' | 'behave' }

/** What is to be done to the connections of a member in a simulated network. */
export type Mischief = 'cut' | 'darken' | 'lighten'

export interface MemberConfig {
  readonly member: number
  readonly seed: number
  /** Requests that may await their answers at one peer. */
  readonly window: number
  readonly transport: 'tcp' | 'ipc' | 'memory'
  readonly meshToken: string
  /** The file for its log. */
  readonly journal: string
  /** Where the first member listens; undefined for that one itself, which introduces the others. */
  readonly monitor: string | undefined
  /** Where the proxy before this member listens; undefined where there is none. */
  readonly endpoint: string | undefined
  readonly sabotage: Sabotage | undefined
}

/** What the auditor tells a process that holds members. Those with an id are answered by `done`. */
export type Order =
  | { readonly kind: 'start'; readonly id: number; readonly config: MemberConfig }
  /** These are there; those that are not named are gone. */
  | { readonly kind: 'peers'; readonly member: number; readonly peers: readonly number[] }
  /** Requests may be made until so many have been, most of them to `focus`; the first `large` have large payloads. */
  | {
      readonly kind: 'budget'
      readonly member: number
      readonly until: number
      readonly focus: number
      readonly large: number
    }
  | { readonly kind: 'tamper'; readonly id: number; readonly member: number; readonly tampering: Tampering }
  /** The member ends its session with a peer, twice, and gets what was sent in the one between later. */
  | { readonly kind: 'give-up'; readonly id: number; readonly member: number; readonly peer: number }
  | { readonly kind: 'mischief'; readonly id: number; readonly member: number; readonly mischief: Mischief }
  /** The end of a member in a simulation. */
  | { readonly kind: 'kill'; readonly id: number; readonly member: number }
  /** Makes sure that all one-way messages have arrived: asks every peer something behind them. */
  | { readonly kind: 'flush'; readonly id: number; readonly member: number }
  /** Nothing more is to be written down. */
  | { readonly kind: 'seal'; readonly id: number }
  | { readonly kind: 'stop'; readonly id: number }

/** An order that is answered, without its id. */
export type Asked = AskedOf<Order>

export interface Progress {
  readonly member: number
  /** Requests of its own accord, for which its budget counts. */
  readonly issued: number
  /** All, those included that it made on behalf of others. */
  readonly sent: number
  readonly settled: number
  /** Streams that it reads or produces, and that are not over. */
  readonly streaming: number
}

/** What a process that holds members tells the auditor. */
export type News =
  | Signed
  /** Told before anybody else can know of it. */
  | { readonly kind: 'bound'; readonly member: number; readonly endpoint: string }
  | ({ readonly kind: 'progress' } & Progress)

export function uidOf(member: number): string {
  return `member:${member}`
}

export function memberOf(uid: string): number {
  return Number(uid.slice(uid.indexOf(':') + 1))
}
