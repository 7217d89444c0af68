import { Buffer } from 'node:buffer'
import { NO_ATTACHMENTS } from './attachment.js'
import type { Codec } from './codec.js'
import { Copies } from './copies.js'
import type { Frames } from './frames.js'
import {
  HEADER_BYTES,
  type Header,
  NO_TOKEN_KEY,
  type Numbers,
  readHeader,
  tokenOf,
  writeHeader,
} from './header.js'
import type { Limits } from './limits.js'
import { malformed, overLimit } from './malformed.js'
import { type Hand, Kind, type Message, type Shake } from './message.js'
import { isGivenAway, nameField, parse, toArray } from './messages.js'
import { skim } from './skim.js'

/** Room for a small message or two, and not more than zeromq.js copies: hearts and beats are all as small. */
const INITIAL_BYTES = 128

/** Levels around a message: the array of messages. */
const LEVELS_AROUND = 1

/** A batch that is being filled. Its messages are encoded as they come. */
export class OpenBatch {
  readonly #codec: Codec
  readonly #copies: Copies
  readonly #attachments: Uint8Array[] = []
  /** Belongs to this batch alone: the transport holds on to what it sends. */
  #buffer: Buffer
  #length = HEADER_BYTES
  #attached = 0
  /** Where each message begins. */
  readonly #offsets: number[] = []
  #appending = false

  /**
   * @param bytes that frame 0 is likely to take
   * @param copies makes those of the attachments that are copied
   */
  constructor(codec: Codec, bytes = INITIAL_BYTES, copies = new Copies()) {
    this.#codec = codec
    this.#copies = copies
    this.#buffer = Buffer.allocUnsafe(Math.max(bytes, INITIAL_BYTES))
  }

  get messages(): number {
    return this.#offsets.length
  }

  /** Of frame 0, the header included. */
  get frameBytes(): number {
    return this.#length
  }

  /** Of all frames, the header included. */
  get bytes(): number {
    return this.#length + this.#attached
  }

  get attachments(): readonly Uint8Array[] {
    return this.#attachments
  }

  /**
   * Encodes a message into the batch. What the caller changes afterwards does not matter, except in binaries of 4 KiB
   * or more of a request that is to be answered: they are not copied, and belong to the batch from now on.
   *
   * @throws ERR_NOT_SERIALISABLE, ERR_TOO_LARGE; the batch is as before then.
   */
  append(message: Message, peer: string): void {
    // A getter of a value, or whoever exports a reference, could come back here: two messages would get entangled.
    if (this.#appending) throw new TypeError('nothing can be sent while a value is being encoded')
    this.#appending = true
    const attachments = this.#attachments
    const before = attachments.length
    try {
      const copies = isGivenAway(message) ? this.#copies : undefined
      const encoded = this.#codec.encode(toArray(message), attachments, peer, copies)
      this.#reserve(encoded.length)
      this.#buffer.set(encoded, this.#length)
      this.#offsets.push(this.#length)
      this.#length += encoded.length
    } catch (thrown) {
      attachments.length = before
      throw nameField(thrown, message.kind)
    } finally {
      this.#appending = false
    }
    for (let i = before; i < attachments.length; i++) this.#attached += attachments[i]?.byteLength ?? 0
  }

  /** Takes a message back, if its encoding allows it. Its bytes stay, as a message that readers pass over. */
  withdraw(index: number): boolean {
    return withdraw(this.#buffer, this.#offsets[index])
  }

  /** Ends the filling. The open batch must not be used any more. */
  seal(): SealedBatch {
    return new SealedBatch(
      this.#buffer.subarray(0, this.#length),
      this.#attachments,
      this.#offsets,
      this.bytes,
      this.#copies,
    )
  }

  #reserve(bytes: number): void {
    const needed = this.#length + bytes
    if (needed <= this.#buffer.length) return
    const grown = Buffer.allocUnsafe(Math.max(needed, 2 * this.#buffer.length))
    grown.set(this.#buffer.subarray(0, this.#length))
    this.#buffer = grown
  }
}

/** A batch that is ready to leave, as often as it takes. */
export class SealedBatch {
  readonly #frame: Buffer
  readonly #attachments: readonly Uint8Array[]
  readonly #offsets: readonly number[]
  readonly #copies: Copies
  #departures = 0

  /** @param frame with room for the header at its front. */
  constructor(
    frame: Buffer,
    attachments: readonly Uint8Array[],
    /** Where each message begins in the frame. */
    offsets: readonly number[],
    /** Of all frames, the header included. */
    readonly bytes: number,
    copies: Copies,
  ) {
    this.#frame = frame
    this.#attachments = attachments
    this.#offsets = offsets
    this.#copies = copies
  }

  get messages(): number {
    return this.#offsets.length
  }

  /** As of an open batch, as long as this one has not left. */
  withdraw(index: number): boolean {
    return this.#departures === 0 && withdraw(this.#frame, this.#offsets[index])
  }

  /**
   * The frames of the batch, under a token and with its numbers. Every call but the first copies frame 0, which a
   * socket may still hold with the numbers of an earlier call; attachments are never copied.
   */
  frames(token: Uint8Array, numbers: Numbers): Frames {
    const frame = this.#departures > 0 ? Buffer.from(this.#frame) : this.#frame
    writeHeader(frame, token, numbers, this.messages)
    this.#departures += 1
    return this.#attachments.length === 0 ? [frame] : [frame, ...this.#attachments]
  }

  /**
   * The peer has taken it, and it leaves no more: the copies in it are let go. Not of one that has left more than once,
   * since an earlier connection may still be reading them.
   */
  taken(): void {
    if (this.#departures > 1) return
    for (const attachment of this.#attachments) this.#copies.release(attachment)
  }
}

/** What has arrived in a batch. */
export interface Batch extends Numbers {
  readonly messages: readonly Message[]
  /** How many messages of a later version were skipped. */
  readonly unknown: number
}

/**
 * Reads a batch whose token is known to be good.
 *
 * @param limits as they are when they are first given: what is changed in them afterwards is not looked at
 * @param header of the same batch, if it was read already
 * @throws ERR_PROTOCOL, ERR_TOO_LARGE
 */
export function readBatch(
  frames: Frames,
  codec: Codec,
  limits: Readonly<Limits>,
  peer: string,
  header?: Header,
): Batch {
  const frame = checkedFrame(frames, limits)
  const { seq, ack, admitted, messages: count, offset } = header ?? readHeader(frame)
  if (count > limits.messages) throw overLimit('messages', count, limits.messages)
  const attachments = frames.length === 1 ? NO_ATTACHMENTS : frames.slice(1)
  const values = codec.decode(frame.subarray(offset), attachments, inBatch(limits), peer)
  if (!Array.isArray(values)) throw malformed('the messages of a batch are not an array')
  const messages: Message[] = []
  let unknown = 0
  for (const value of values) {
    if (isWithdrawn(value)) continue
    const message = parse(value)
    if (message === undefined) unknown += 1
    else messages.push(message)
  }
  return { seq, ack, admitted, messages, unknown }
}

/** A greeting needs fewer values than this for each of its bytes, and comes from whoever can reach the port. */
const GREETING_BYTES_PER_NODE = 8

/**
 * Reads a batch without a token: a single hand or shake, from anyone.
 *
 * @throws ERR_PROTOCOL, ERR_TOO_LARGE
 */
export function readGreeting(frames: Frames, codec: Codec, limits: Readonly<Limits>): Hand | Shake {
  if (frames.length !== 1) throw malformed(`a greeting has ${frames.length} frames, not 1`)
  const frame = checkedFrame(frames, limits)
  if (frame.length > limits.greetingBytes) {
    throw overLimit('greetingBytes', frame.length, limits.greetingBytes)
  }
  const reading = tokenOf(frame)
  if (reading.kind !== 'token' || reading.token !== NO_TOKEN_KEY) throw malformed('a greeting bears a token')
  const { messages: count, offset } = readHeader(frame)
  if (count !== 1) throw malformed(`a greeting has ${count} messages, not 1`)

  const body = frame.subarray(offset)
  const nodes = Math.min(limits.nodes, Math.ceil(limits.greetingBytes / GREETING_BYTES_PER_NODE))
  const within = { ...inBatch(limits), nodes }
  // Nothing of a stranger's is revived but byte strings.
  skim(body, within, true)
  const values = codec.decode(body, NO_ATTACHMENTS, within, '')
  const message = parse(Array.isArray(values) ? values[0] : undefined)
  if (message?.kind !== Kind.hand && message?.kind !== Kind.shake) {
    throw malformed('a greeting is no hand or shake')
  }
  return message
}

/** The kind of a message that its sender took back before the batch left. */
const WITHDRAWN = 0

function isWithdrawn(value: unknown): boolean {
  return Array.isArray(value) && value[0] === WITHDRAWN
}

/** What comes of a short array is one byte, and of a small integer too; a codec may write both in more. */
function withdraw(frame: Uint8Array, offset: number | undefined): boolean {
  if (offset === undefined) throw new RangeError('there is no such message in the batch')
  const [array = 0, kind = 0] = frame.subarray(offset, offset + 2)
  if (array >> 4 !== 0x9 || kind >= 0x80) return false
  frame[offset + 1] = WITHDRAWN
  return true
}

function checkedFrame(frames: Frames, limits: Readonly<Limits>): Uint8Array {
  if (frames.length > limits.frames) throw overLimit('frames', frames.length, limits.frames)
  const bytes = sizeOf(frames)
  if (bytes > limits.batchBytes) throw overLimit('batchBytes', bytes, limits.batchBytes)
  const frame = frames[0]
  if (frame === undefined) throw malformed('a batch has no frame')
  return frame
}

function sizeOf(frames: Frames): number {
  let bytes = 0
  for (const { byteLength } of frames) bytes += byteLength
  return bytes
}

/** Those of batches, by those of messages: whoever reads batches reads many, under the same. */
const ofBatches = new WeakMap<Readonly<Limits>, Readonly<Limits>>()

/** `limits.depth` counts from a message, as its sender does. */
function inBatch(limits: Readonly<Limits>): Readonly<Limits> {
  const known = ofBatches.get(limits)
  if (known !== undefined) return known
  const within = { ...limits, depth: limits.depth + LEVELS_AROUND }
  ofBatches.set(limits, within)
  return within
}
