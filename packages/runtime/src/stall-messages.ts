/** A function that stands on the stack, and where in it. */
export interface StallPlace {
  /** Its name; empty if it has none. */
  readonly function: string
  /** The URL of its module, as a rule. */
  readonly url: string
  /** Counted from 1. */
  readonly line: number
  readonly column: number
}

/** What the watching thread is given. */
export interface StallThreadData {
  readonly uid: string
  /** Grows while the event loop turns. */
  readonly ticks: Int32Array
  readonly stuckAfter: number
  readonly canInspect: boolean
}

/** What the watching thread tells: that it watches, once; and of each stall, when that is over. */
export type FromStallThread =
  | { readonly kind: 'ready' }
  | { readonly kind: 'stall'; readonly ms: number; readonly stack: readonly StallPlace[] }

/** How often it is looked, and ticked, in the time after which a loop counts as stuck. */
export const STUCK_LOOKS = 10
