import type { PeerState } from '../peer/liveness.js'
import type { DirectoryEntry, Message, Shake } from '../wire/message.js'
import type { LinkParts } from './parts.js'

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

/** What a link needs of whoever holds it. `L` is the link itself. */
export interface LinkHost<L> extends LinkParts {
  /** Counts the connections of this instance. */
  nextAttempt(): number
  /** Which session with an instance is the next one: 1 unless an earlier one was ended. */
  nextGeneration(instance: string): number
  /** The runtimes to introduce to whoever greets us. */
  network(): readonly DirectoryEntry[]
  /**
   * From now on, batches under this token, or shakes that answer this nonce, go to `link`; one that is released goes to
   * nobody.
   */
  claim(secret: Uint8Array, link: L): void
  release(secret: Uint8Array): void
  /** An anonymous link has learned whom it reached. False if the link is needless thereby, and destroyed. */
  identified(link: L, shake: Shake): boolean
  /** A peer has told of those it knows. */
  introduced(shake: Shake): void
  /** The state has become another kind; `link.state` has it already. */
  changed(link: L, was: PeerState): void
  /** The last connection of a link that is over is closed. */
  destroyed(link: L): void
  /** A batch has come that bears the link's token. */
  heard(link: L): void
  /** A message that isn't about the link itself, and the number of its batch. */
  received(link: L, message: Message, seq: number): void
  dropped(reason: DropReason): void
  /** How late our event loop is, in milliseconds. */
  lag(): number
  /** Requests from this peer that are running. */
  running(link: L): number
  /** Calls back when the present turn of the event loop has done its work. */
  defer(fn: () => void): void
}
