import type { AskedOf, Signed } from '@skein/test-harness'
import type { RuntimeOptions } from 'skein'

export type Lanes = NonNullable<RuntimeOptions['transports']>

/** What a process with runtimes of a mesh is told. */
export type Order =
  /** Runtimes of these names start, the first as the monitor where none is given. Answered with its address. */
  | {
      readonly kind: 'join'
      readonly id: number
      readonly uids: readonly string[]
      readonly monitor: string | undefined
    }
  /** Answered once each of the runtimes here knows so many, itself included. */
  | { readonly kind: 'know'; readonly id: number; readonly count: number }
  /** Answered once the first of the runtimes here is linked to each of those, both ways. */
  | { readonly kind: 'link'; readonly id: number; readonly uids: readonly string[] }
  /** Answered with the bytes of memory that the process takes once garbage is gone. */
  | { readonly kind: 'memory'; readonly id: number }
  /** Answered with what the process takes of a processor in so many seconds, as a share of one. */
  | { readonly kind: 'idle'; readonly id: number; readonly seconds: number }
  /** All runtimes here take leave. */
  | { readonly kind: 'leave'; readonly id: number }
  /** Answered with what `rest` measures, a row. */
  | { readonly kind: 'rest'; readonly id: number; readonly lanes: Lanes; readonly seconds: number }
  | { readonly kind: 'stop'; readonly id: number }

export type Asked = AskedOf<Order>

/** What it tells. */
export type News = Signed
