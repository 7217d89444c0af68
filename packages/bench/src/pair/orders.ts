import type { AskedOf, Signed } from '@skein/test-harness'
import type { Load } from '../load.js'
import type { Endpoints, Lane } from '../systems/system.js'

/** What a process of a pair is told. */
export type Order =
  /** Answered with an endpoint, a string. */
  | { readonly kind: 'serve'; readonly id: number; readonly system: string; readonly lane: Lane }
  /** Where there is no endpoint, whoever serves is a thread beside. */
  | {
      readonly kind: 'call'
      readonly id: number
      readonly system: string
      readonly lane: Lane
      readonly endpoints: Endpoints | undefined
    }
  /** Answered with `Figures`. */
  | { readonly kind: 'measure'; readonly id: number; readonly load: Load }
  /** Both sides are set up: what the process has of memory now is what it has at rest. */
  | { readonly kind: 'rest'; readonly id: number }
  /** Answered with the bytes of memory that the process has had at most, above those at rest. */
  | { readonly kind: 'peak'; readonly id: number }
  | { readonly kind: 'stop'; readonly id: number }

export type Asked = AskedOf<Order>

/** What it tells. */
export type News = Signed
