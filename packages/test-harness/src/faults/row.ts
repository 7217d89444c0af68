import type { Setting } from './crew.js'
import type { Bound } from './judge.js'
import type { Stage } from './stage.js'

/** One kind of fault. */
export interface Row {
  readonly name: string
  /** What it must show beside what all must, for people. */
  readonly expected: string
  readonly setting: Setting
  /** What holds of the times until the fault is known, where it is to be known. */
  readonly bound?: Bound
  /** Puts the fault on a mesh that was not opened yet, and resolves when all is over. */
  play(stage: Stage): Promise<void>
}

/** A killed process on the same host is known dead in under half a second. */
export const KILL: Bound = { of: 'p99', below: 500 }

/** One that is frozen, or cut off, in at most 8.5. */
export const SILENCE: Bound = { of: 'max', below: 8500 }
