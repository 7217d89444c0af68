import type { Executed, SkeinError } from '@skein/core'
import type { Clock, Instant } from '@skein/core/internal'
import type { RemoteObject } from './remote.js'

/** An item was given to a worker that was lost or is stalled, and is given to another. */
export interface Redo {
  /** The uid of the one that had it. */
  readonly worker: string
  /** Which item, counted from 0. */
  readonly index: number
  /** Whether that one can have worked on it. */
  readonly executed: Executed
  readonly reason: 'lost' | 'stalled'
}

/** A worker of a pool, and the pool's object on it. */
export interface Member<T> {
  readonly uid: string
  readonly remote: RemoteObject<T>
}

/** What a run needs of its pool. */
export interface Crew<T> {
  readonly members: ReadonlySet<Member<T>>
  /** Whether workers are about to join. */
  readonly growing: boolean
  /** Whether an error means that a member was lost; it is retired then. */
  lost(member: Member<T>, error: unknown): error is SkeinError
  readonly clock: Clock
  /** Since when a member says nothing, be it stalled or out of reach, if it does. */
  stalledSince(member: Member<T>): Instant | undefined
  /** An item of a member that is lost or stalled is given to another. */
  redo(redo: Redo): void
}
