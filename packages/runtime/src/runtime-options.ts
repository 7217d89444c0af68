import type { CommsOptions, CommsParts } from '@skein/core'
import { COMMS_NAMES } from '@skein/core/internal'

export interface RuntimeOptions extends CommsOptions {
  /** Address of the monitor to connect to at start. @default none: peers are reached with `comms.connect` */
  readonly monitor?: string | undefined
  /**
   * Whether to count what is served, behind the service `skein.stats`.
   * @default true: it adds a function and a counter to a call
   */
  readonly stats?: boolean | undefined
  /**
   * Whether a thread watches over the event loop: when that is stuck for longer than `liveness.stalledAfter`, it says on
   * standard error in which function and line, and afterwards `stall` is emitted.
   * @default false: it costs a thread, and ten wake-ups in that time
   */
  readonly stallReports?: boolean | undefined
}

/** What a runtime can be given in place of its own. */
export type RuntimeParts = Pick<CommsParts, 'transport' | 'limits' | 'place' | 'safeguards'>

/** The options of a runtime, by name. Their values are checked where they are used. */
export const RUNTIME_NAMES: Record<keyof RuntimeOptions, true> = {
  ...COMMS_NAMES,
  monitor: true,
  stats: true,
  stallReports: true,
}
