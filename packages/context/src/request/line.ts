import type { Logger } from '@skein/core'
import type { Clock, SocketOptions, SocketSpace } from '@skein/core/internal'

/** What a requester has to do with the connection that it sends and receives on. */
export interface Line {
  /** Where it is bound or what it dials. */
  readonly endpoint: string
  /** Whether somebody is there. */
  readonly isUp: boolean
  /** There may be something to send. */
  wake(): void
  close(): Promise<void>
}

export interface LineEvents {
  /** What to send now; asked only while somebody is there. */
  next(): readonly Uint8Array[] | undefined
  received(frames: readonly Buffer[]): void
  /** Whoever was there is gone, and what they were sent may or may not have arrived. */
  lost(reason: string): void
}

export interface LineParts {
  readonly space: SocketSpace
  readonly clock: Clock
  readonly logger: Logger
  readonly options: SocketOptions
  readonly on: LineEvents
}
