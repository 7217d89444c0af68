import type { Frames } from '../transport/transport.js'
import { OpenBatch } from '../wire/batch.js'
import type { Codec } from '../wire/codec.js'
import { NO_NUMBERS, NO_TOKEN } from '../wire/header.js'
import { type DirectoryEntry, type Hand, Kind, type Shake } from '../wire/message.js'

/** One pair of connections to a peer, and what is valid on it alone. */
export interface Attempt {
  /** What the peer puts before its batches. */
  readonly token: Uint8Array
  /** What the peer's shake repeats. */
  readonly nonce: Uint8Array
  /** Counts the attempts of this instance. */
  readonly number: number
  /** Whether the hand on it names the instance that it is meant for. */
  readonly named: boolean
}

/** What a greeting tells of the session. */
export interface SessionNumbers {
  readonly generation: number
  readonly taken: number
}

export function handOf(
  attempt: Attempt,
  session: SessionNumbers,
  self: DirectoryEntry,
  meshToken: string,
  to: DirectoryEntry | undefined,
): Hand {
  return {
    kind: Kind.hand,
    from: self,
    meshToken,
    toUid: to?.uid ?? null,
    to: to?.instance ?? null,
    nonce: attempt.nonce,
    token: attempt.token,
    attempt: attempt.number,
    session: session.generation,
    taken: session.taken,
  }
}

/** The answer to a hand. Without a token it only tells who answers. */
export function shakeOf(
  hand: Hand,
  attempt: Pick<Attempt, 'token' | 'number'>,
  session: SessionNumbers,
  self: DirectoryEntry,
  network: readonly DirectoryEntry[],
): Shake {
  return {
    kind: Kind.shake,
    from: self,
    answers: hand.nonce,
    token: attempt.token,
    attempt: attempt.number,
    session: session.generation,
    taken: session.taken,
    network,
    refused: null,
  }
}

/** The answer to a hand that is refused. */
export function refusalOf(hand: Hand, self: DirectoryEntry, refused: NonNullable<Shake['refused']>): Shake {
  const nothing = { token: NO_TOKEN, number: 0, generation: 0, taken: 0 }
  return { ...shakeOf(hand, nothing, nothing, self, []), refused }
}

/** A greeting as it goes over the wire. */
export function greetingFrames(greeting: Hand | Shake, codec: Codec, peer: string): Frames {
  const batch = new OpenBatch(codec)
  batch.append(greeting, peer)
  return batch.seal().frames(NO_TOKEN, NO_NUMBERS)
}
