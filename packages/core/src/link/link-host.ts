import type { PeerState } from '../peer/peer-state.js'
import type { DirectoryEntry, Message } from '../wire/message.js'
import type { Drops } from './drops.js'
import type { Generations } from './generations.js'
import type { LinkParts } from './parts.js'
import type { Recipients } from './recipients.js'
import type { Secrets } from './secrets.js'

/** What a link tells whoever holds it. `L` is the link itself. */
export interface LinkEvents<L> {
  /** The state has become another kind; `link.state` has it already. */
  changed(link: L, was: PeerState): void
  /** `due` may be earlier than it was, and the state is of the same kind. */
  sooner(link: L): void
  /** A batch of the peer's has come: `link.settle` is to follow when what it has brought about has left. */
  unsettled(link: L): void
  /** A handshake is complete, the first or another one. */
  shaken(link: L): void
  /** The peer is lost: others are to be asked whether they reach it. */
  asks(link: L): void
  /** The peer has answered a heart, by its number. */
  answered(link: L, n: number): void
  /** A message that isn't about the link itself, and the number of its batch. */
  received(link: L, message: Message, seq: number): void
  /** The link is over, and its connection stays for a while for what is on its way. `destroyed` follows. */
  lingers(link: L): void
  /** The last connection of the link is closed. */
  destroyed(link: L): void
}

/** What the links of a runtime share. */
export interface LinkHost<L> extends LinkParts {
  readonly secrets: Secrets<L>
  readonly generations: Generations
  readonly drops: Drops
  readonly recipients: Recipients
  readonly on: LinkEvents<L>
  /** Counts the connections of this instance. */
  nextAttempt(): number
  /** The runtimes to introduce to whoever greets us. */
  network(): readonly DirectoryEntry[]
  /** How late our event loop is, or has been lately, in milliseconds. */
  lag(): number
  /** Requests from this peer that are running. */
  running(link: L): number
  /** Calls back when the present turn of the event loop has done its work. */
  defer(fn: () => void): void
}
