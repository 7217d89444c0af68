/** Why something that came in was dropped. Each is counted. */
export type DropReason =
  /** Not a batch at all: no frames, too short, another version. */
  | 'empty'
  | 'short'
  | 'version'
  /** Bears a token that we did not give, or that is void since. */
  | 'token'
  /** A greeting that can't be parsed, is too large, or comes too often. */
  | 'greeting'
  | 'rate'
  /** A hand without the mesh's token. */
  | 'mesh-token'
  /** A hand or shake that a later one has overtaken. */
  | 'stale'
  /** A batch that was taken before. */
  | 'duplicate'
  /** A batch with a number that leaves a gap. */
  | 'gap'
  /** A batch that does not follow the protocol, from a peer that is thereby refused. */
  | 'protocol'
  /** A message of a kind that this version does not know. */
  | 'unknown-kind'
  /** A message that has no place where it came. */
  | 'unexpected'
  /** A reply to nothing that is awaited. */
  | 'reply'

/** How many things that came in were dropped, by reason. */
export class Drops implements Iterable<[DropReason, number]> {
  readonly #counts = new Map<DropReason, number>()

  count(reason: DropReason): void {
    this.#counts.set(reason, (this.#counts.get(reason) ?? 0) + 1)
  }

  [Symbol.iterator](): Iterator<[DropReason, number]> {
    return this.#counts.entries()
  }
}
