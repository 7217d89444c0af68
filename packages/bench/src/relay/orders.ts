import type { AskedOf, Signed } from '@skein/test-harness'

/** How messages get from the source to the sink: over a relay of one kind or another, or by no relay at all. */
export type Way = 'direct' | 'raw relay' | 'skein relay'

/** What the process of a source, a relay or a sink is told. */
export type Order =
  /** A sink opens. Answered with its endpoint. */
  | { readonly kind: 'sink'; readonly id: number }
  /** A relay to a sink opens. Answered with its endpoint. */
  | { readonly kind: 'relay'; readonly id: number; readonly by: Way; readonly to: string }
  /** A source sends, as fast as it can, messages of so many bytes, and goes on with it. */
  | { readonly kind: 'source'; readonly id: number; readonly to: string; readonly bytes: number }
  /** Answered with how many messages the sink has received in a second, in so many milliseconds. */
  | { readonly kind: 'count'; readonly id: number; readonly milliseconds: number }
  /** The sink stops reading. */
  | { readonly kind: 'hold'; readonly id: number }
  /** Answered with the bytes of memory that the process takes. */
  | { readonly kind: 'memory'; readonly id: number }
  | { readonly kind: 'stop'; readonly id: number }

export type Asked = AskedOf<Order>
export type News = Signed
