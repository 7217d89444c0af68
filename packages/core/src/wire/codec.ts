import type { Limits } from './limits.js'

/** Makes copies of binaries. */
export interface Copier {
  /** @throws what a typed array throws that can't be made: RangeError if there is no memory, TypeError if it is detached */
  of(bytes: Uint8Array): Uint8Array
}

/**
 * Turns values into MessagePack and back. Replaceable: another implementation must write the same format, with the
 * extension types of `docs/protocol.md`.
 */
export interface Codec {
  /**
   * Encodes one value. Binaries of 4 KiB or more are not encoded: they, or copies of them, are appended to `attachments`,
   * and the value refers to them by index.
   *
   * The bytes returned are valid until the next call. A value that can't be encoded throws ERR_NOT_SERIALISABLE or
   * ERR_TOO_LARGE, and leaves `attachments` as it was. The error's `path` leads from the value to the culprit,
   * `[0].user.onClick`, and its message begins with the path: whoever knows the value's name puts it before both.
   *
   * @param peer whom it is for: handed to `RemoteReferences` and `RemoteStreams`.
   * @param copier makes copies of what becomes an attachment: whoever has given the value may write over what is in it.
   *   @default attachments are the binaries themselves
   */
  encode(value: unknown, attachments: Uint8Array[], peer: string, copier?: Copier): Uint8Array
  /**
   * Decodes exactly one value that fills `bytes`. Attachments and larger binaries in the result are views. Where a
   * value in an item of an array can't be made here although it follows the protocol, the item is an `Unreadable`.
   *
   * @throws ERR_PROTOCOL or ERR_TOO_LARGE, before more memory is reserved than `limits` allow.
   */
  decode(
    bytes: Uint8Array,
    attachments: readonly Uint8Array[],
    limits: Readonly<Limits>,
    peer: string,
  ): unknown
}

/** What hands things out while a value is encoded, and takes them back if the value doesn't leave. */
export interface Exporter {
  /** A value is about to be encoded. What was handed out before has left. */
  begin?(): void
  /** How many things were handed out since `begin`. */
  mark?(): number
  /**
   * All things but the first `mark` that were handed out since `begin` won't leave: the value can't be encoded, or this
   * part of it is left out.
   */
  rollback?(mark: number): void
}

/**
 * How things that stay where they are travel: as a reference that becomes a proxy on the other side. The runtime hands
 * this to the codec; the codec knows nothing of objects.
 */
export interface RemoteReferences extends Exporter {
  /**
   * The reference for an object or function that can't be copied, made of plain values, or undefined if it is none of
   * ours. Called only for what would be a stream or refused otherwise: a stand-in must not look like a plain object,
   * whose prototype is null or Object.prototype, nor like an array. Must not send anything: it is called while a message
   * is being encoded.
   */
  export(value: object, peer: string): unknown
  /** The local stand-in for a reference that has arrived. */
  import(reference: unknown, peer: string): unknown
}

/** What can travel as a stream: what is iterated later, by its consumer's wish. */
export type StreamSource = AsyncIterable<unknown> | Generator<unknown, unknown, undefined>

/** How streams travel: as a number, which the two sides then speak of in messages of their own. */
export interface RemoteStreams extends Exporter {
  /** The number of a stream that is handed out. Must neither send anything nor begin to iterate. */
  offer(source: StreamSource, peer: string): number
  /** The consumer's end of a stream that has arrived. */
  import(stream: number, peer: string): unknown
}
