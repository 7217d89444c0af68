import type { AskedOf, Signed } from '@skein/test-harness'

/** Through what messages go. */
export type Way = 'skein' | 'raw'

/** What the process of a publisher or of a subscriber is told. */
export type Order =
  /** A publisher opens. Answered with its endpoint. */
  | { readonly kind: 'open'; readonly id: number; readonly way: Way }
  /** A subscriber connects, and reads from now on. Answered when it is there. */
  | { readonly kind: 'subscribe'; readonly id: number; readonly way: Way; readonly to: string }
  /** The publisher sends, as fast as it can, messages of so many bytes, and goes on with it. */
  | { readonly kind: 'publish'; readonly id: number; readonly bytes: number; readonly subscribers: number }
  /** Answered with how many messages the subscriber has received since it was there. */
  | { readonly kind: 'received'; readonly id: number }
  | { readonly kind: 'stop'; readonly id: number }

export type Asked = AskedOf<Order>
export type News = Signed
