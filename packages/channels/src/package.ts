/** A message as it travels: what it is encoded as, and the larger buffers in it. */
export type Parts = readonly Uint8Array[]

/** For who may write over it. */
export function copyOf(parts: Parts): Parts {
  return parts.map((part) => new Uint8Array(part))
}

/** A message of a channel on its way from one context to others. */
export interface Package {
  /** The channel: name, type and pattern. */
  readonly key: string
  /** The id of the context that sent it. */
  readonly source: string
  /** Counts the packages of that context on that channel, from 1. */
  readonly seq: number
  /** From which number on all who want the channel now were to get its packages: 1 to `seq`. */
  readonly since: number
  /** How many connections it may pass yet. */
  readonly hops: number
  readonly parts: Parts
}

/** More than any sensible path is long; it ends what would go round for ever if a window were lost. */
export const MOST_HOPS = 64
