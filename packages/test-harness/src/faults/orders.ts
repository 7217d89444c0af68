import type { PeerChange, PeerKind } from '@skein/core'
import type { AskedOf, Signed } from '../ordered-process.js'

export interface MemberConfig {
  /** Counts the instances of all runtimes of a run. */
  readonly number: number
  readonly uid: string
  readonly meshToken: string
  /** Where the monitor listens; undefined for that one itself, which introduces the others. */
  readonly monitor: string | undefined
  /** The file for its log. */
  readonly journal: string
  /** What it is linked by. */
  readonly transports: readonly ('tcp' | 'ipc')[]
  readonly bind: string
  readonly port: number
  /** What the others are told, in place of where it listens. */
  readonly advertise: string | undefined
  /** Takes the address of a peer to the one by which data connections reach it, where that is another. */
  readonly dataDetour: readonly [from: string, to: string] | undefined
}

/** Another runtime, to send requests to. */
export interface Known {
  readonly number: number
  readonly uid: string
}

/** What a member can be made to do to itself, or to another. */
export type Task =
  /** Its event loop is stuck. Begins after the order has been answered. */
  | { readonly name: 'stall'; readonly ms: number }
  /** Sends one-way messages of 20 kB, as fast as it can. */
  | { readonly name: 'flood'; readonly to: Known; readonly ms: number }
  /** Reads streams without end, an item now and then, of a producer that makes them as fast as it can. */
  | { readonly name: 'sip'; readonly from: Known }
  /** Reads a long stream of each, as fast as it can. */
  | { readonly name: 'read'; readonly from: readonly Known[] }
  /** Makes garbage, and keeps some for a while. */
  | { readonly name: 'churn'; readonly ms: number }
  /** Opens files until it can't open any more, and keeps them. */
  | { readonly name: 'hoard'; readonly ms: number }

/** What the rig tells the process of a member. Those with an id are answered by `done`. */
export type Order =
  | { readonly kind: 'start'; readonly id: number; readonly config: MemberConfig }
  /** These are there, to send requests to. */
  | { readonly kind: 'peers'; readonly peers: readonly Known[] }
  /** Steady requests are made from now on, or none any more. */
  | { readonly kind: 'load'; readonly isOn: boolean }
  /** Answered when it is done, but for `stall`. */
  | { readonly kind: 'task'; readonly id: number; readonly task: Task }
  /** Nothing more is to be written down. */
  | { readonly kind: 'seal'; readonly id: number }
  | { readonly kind: 'stop'; readonly id: number }

/** An order that is answered, without its id. */
export type Asked = AskedOf<Order>

/** What a member thinks of a peer. */
export interface View {
  readonly uid: string
  readonly instance: string
  readonly state: PeerKind
}

/** Instants are those of `instant`, which all processes of a machine share. */
export interface Status {
  readonly at: number
  /** Requests that have not settled; those of tasks are among them. */
  readonly open: number
  readonly views: readonly View[]
}

/** What the process of a member tells the rig. */
export type News =
  | Signed
  | {
      readonly kind: 'started'
      readonly number: number
      readonly instance: string
      readonly endpoints: readonly string[]
    }
  /** Its start was refused, with an error of that code. */
  | { readonly kind: 'refused'; readonly instance: string; readonly code: string }
  | { readonly kind: 'change'; readonly at: number; readonly change: PeerChange }
  | ({ readonly kind: 'status' } & Status)
