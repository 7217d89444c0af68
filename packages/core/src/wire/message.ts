import type { SkeinError } from '../errors.js'
import type { EncodedList } from './encoded-list.js'

/**
 * The messages of wire format 1. `docs/protocol.md` is their specification; the numbers are append-only.
 */
export const Kind = {
  hand: 1,
  shake: 2,
  heart: 3,
  beat: 4,
  connect: 5,
  disconnect: 6,
  stop: 7,
  call: 8,
  cmd: 9,
  reply: 10,
  raise: 11,
  cancel: 12,
  next: 13,
  credit: 14,
  end: 15,
  close: 16,
  fail: 17,
  ask: 18,
  tell: 19,
} as const

export type Kind = (typeof Kind)[keyof typeof Kind]

/** What the mesh tells about one runtime: enough to dial it. */
export interface DirectoryEntry {
  readonly uid: string
  readonly instance: string
  /** Cheapest first, as `tcp://host:port`, `ipc://path`, `inproc://name` or `mem://name`. */
  readonly endpoints: readonly string[]
  readonly roles: readonly string[]
  /** Tells machines (and network namespaces) apart: ipc is tried only within one host. */
  readonly host: string
  /** Tells processes apart; the threads of one process share it: inproc is tried only within one process. */
  readonly process: string
}

/** The opening of a link. Travels without a token, and so carries its own proof. */
export interface Hand {
  readonly kind: typeof Kind.hand
  readonly from: DirectoryEntry
  /** Proof of membership in the mesh. */
  readonly meshToken: string
  /** The name of the runtime that is greeted, if known; one that goes by another name does not answer. */
  readonly toUid: string | null
  /** The instance that is greeted, if known: `taken` and `session` speak of that one only. */
  readonly to: string | null
  /** Random, 16 bytes: the shake that answers this hand repeats it. */
  readonly nonce: Uint8Array
  /** 16 bytes: what the other side must put before every batch that it sends us from now on. */
  readonly token: Uint8Array
  /** Counts the connections that this instance has opened: of two hands or shakes the later one counts. */
  readonly attempt: number
  /** Which session between the two instances this is: 1, and one more each time that either gave the other up. */
  readonly session: number
  /** The number of the last batch taken from the other side in this session. */
  readonly taken: number
}

/** The answer to a hand, on the answerer's own connection. */
export interface Shake {
  readonly kind: typeof Kind.shake
  readonly from: DirectoryEntry
  /** The nonce of the hand that is answered. */
  readonly answers: Uint8Array
  readonly token: Uint8Array
  readonly attempt: number
  readonly session: number
  readonly taken: number
  /** The runtimes that the answerer introduces: all live ones if it is the monitor, otherwise none. */
  readonly network: readonly DirectoryEntry[]
  /** Set if the hand is refused; everything else but `from` and `answers` is then void. */
  readonly refused: { readonly code: string; readonly message: string } | null
}

/** "Are you well?" Travels on the control connection, in a batch without a number. */
export interface Heart {
  readonly kind: typeof Kind.heart
  /** Counts hearts, so that a beat tells which one it answers. */
  readonly n: number
}

export interface Beat {
  readonly kind: typeof Kind.beat
  /** The heart that is answered; 0 for a beat that nobody asked for. */
  readonly n: number
  /** How much longer than planned the event loop took for its last turns, in milliseconds. */
  readonly lag: number
  /** Requests that are running or queued for the asker's side at the beating runtime. */
  readonly running: number
  /** Bytes waiting to be sent or acknowledged towards the asker. */
  readonly queued: number
  /** The number of the last batch sent to, and taken from, the asker. */
  readonly sent: number
  readonly taken: number
}

/** The monitor tells of a runtime that has joined. */
export interface Connect {
  readonly kind: typeof Kind.connect
  readonly entry: DirectoryEntry
}

/** A farewell (of the sender itself), or news of another's end by someone who knows. */
export interface Disconnect {
  readonly kind: typeof Kind.disconnect
  readonly uid: string
  readonly instance: string
  readonly reason: string
}

/** Asks the receiving runtime to end. */
export interface Stop {
  readonly kind: typeof Kind.stop
}

/** A request for a method of a service. `id` 0 expects no answer. */
export interface Call {
  readonly kind: typeof Kind.call
  readonly id: number
  readonly service: string
  readonly method: string
  readonly args: readonly unknown[]
  /** Milliseconds that are left until the caller's deadline, or null for none. */
  readonly timeLeft: number | null
  /** Whether its sender leaves the binaries in it as they are although it expects no answer. Does not travel. */
  readonly uncopied?: boolean | undefined
  /** Set if they came with a value that can't be made here; there are no arguments then. Does not travel. */
  readonly unreadable?: SkeinError
}

/** A request for a method of a resident object. `id` 0 expects no answer. */
export interface Cmd {
  readonly kind: typeof Kind.cmd
  readonly id: number
  readonly type: string
  readonly object: string
  readonly method: string
  readonly args: readonly unknown[]
  readonly timeLeft: number | null
  readonly uncopied?: boolean | undefined
  readonly unreadable?: SkeinError
}

export interface Reply {
  readonly kind: typeof Kind.reply
  readonly id: number
  readonly value: unknown
}

export interface Raise {
  readonly kind: typeof Kind.raise
  readonly id: number
  /** What was thrown, mostly an Error; travels as any other value. */
  readonly error: unknown
}

export interface Cancel {
  readonly kind: typeof Kind.cancel
  readonly id: number
  readonly reason: string
}

/** Items of a stream, in order. From its producer, as `End` and `Fail` are. */
export interface Next {
  readonly kind: typeof Kind.next
  /** The number that the producer gave the stream, here and below. */
  readonly stream: number
  readonly items: readonly unknown[]
  /** What is sent in their place. Does not arrive. */
  readonly encoded?: EncodedList
  /** Set if they came with a value that can't be made here; there are no items then. Does not travel. */
  readonly unreadable?: SkeinError
}

/** The consumer of a stream has consumed `n` items more. The first one starts the stream. */
export interface Credit {
  readonly kind: typeof Kind.credit
  readonly stream: number
  readonly n: number
}

/** The stream is over, after all of its items. */
export interface End {
  readonly kind: typeof Kind.end
  readonly stream: number
  /** What the generator has returned. */
  readonly value: unknown
}

/** The consumer of a stream wants no more of it. */
export interface Close {
  readonly kind: typeof Kind.close
  readonly stream: number
  readonly reason: string
}

/** The stream has failed, after the items that were sent before. */
export interface Fail {
  readonly kind: typeof Kind.fail
  readonly stream: number
  /** What the producer has thrown, mostly an Error. */
  readonly error: unknown
}

/** A peer is lost to the asker: is this very instance of it reached from there? */
export interface Ask {
  readonly kind: typeof Kind.ask
  /** Counts the asker's losses, so that an answer tells which one it belongs to. */
  readonly n: number
  readonly uid: string
  readonly instance: string
}

/** `lost` is the word of one who had reached it, and doesn't any more; who can't know says `unknown`. */
export type Verdict = 'reached' | 'lost' | 'unknown'

export interface Tell {
  readonly kind: typeof Kind.tell
  /** Of the `ask` that is answered. */
  readonly n: number
  readonly uid: string
  readonly instance: string
  readonly verdict: Verdict
}

export type StreamMessage = Next | Credit | End | Close | Fail

export type Message =
  | Hand
  | Shake
  | Heart
  | Beat
  | Connect
  | Disconnect
  | Stop
  | Call
  | Cmd
  | Reply
  | Raise
  | Cancel
  | Ask
  | Tell
  | StreamMessage
