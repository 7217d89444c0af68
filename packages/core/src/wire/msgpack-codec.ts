import { Decoder, Encoder, ExtData } from '@msgpack/msgpack'
import { SkeinError } from '../errors.js'
import { ArrivedAttachments, copyAttachments } from './attachment.js'
import type { Codec, Copier, RemoteReferences, RemoteStreams } from './codec.js'
import { Exporters, type Mark } from './exporters.js'
import { defaultLimits, type Limits } from './limits.js'
import { Lowering } from './lower.js'
import { asMalformed, malformed } from './malformed.js'
import { NOT_PLAIN, PlainReader } from './plain-reader.js'
import { PlainWriter } from './plain-writer.js'
import { Refusal, tooLarge } from './refusal.js'
import { type Revival, revive } from './revive.js'
import { skim } from './skim.js'
import { setApart, Unreadable } from './unreadable.js'

export interface MsgpackCodecOptions {
  /** What makes references of things that can't be copied. Without it they are refused. */
  references?: RemoteReferences | undefined
  /** What sends and receives streams. Without it they are refused. */
  streams?: RemoteStreams | undefined
  /**
   * What the readers of the mesh accept: a value beyond it is refused here, at its sender, rather than there.
   * @default defaultLimits
   */
  limits?: Readonly<Limits> | undefined
}

/** After a value of more bytes, the encoder or decoder is let go: it would keep a buffer of that size in memory. */
const LARGE = 1024 ** 2

const NOTHING: Mark = { references: 0, streams: 0 }

/** The default codec, by `@msgpack/msgpack`. */
export class MsgpackCodec implements Codec {
  readonly #exporters: Exporters
  readonly #limits: Readonly<Limits>
  #writer: Writer
  readonly #plainWriter: PlainWriter
  readonly #plainReader = new PlainReader()
  #encoding = false
  readonly #decoders: Decoder[] = []
  /** How many decodings are under way, one inside the other: each has a decoder of its own. */
  #level = 0
  #revival: Revival = {
    attachments: new ArrivedAttachments(),
    decode: unreachable,
    reference: unreachable,
    stream: unreachable,
    unreadable: unreachable,
  }

  constructor({ references, streams, limits = defaultLimits }: MsgpackCodecOptions = {}) {
    this.#exporters = new Exporters(references, streams)
    this.#limits = limits
    this.#writer = newWriter(this.#exporters, limits)
    this.#plainWriter = new PlainWriter(limits)
  }

  encode(value: unknown, attachments: Uint8Array[], peer: string, copier?: Copier): Uint8Array {
    const attached = attachments.length
    const plain = this.#encoding ? undefined : this.#plainWriter.write(value, attachments)
    if (plain !== undefined && this.#excess(plain, attachments, attached) === undefined) {
      if (copier === undefined || copyAttachments(attachments, attached, copier) === undefined) {
        this.#exporters.begin()
        return plain
      }
    }
    attachments.length = attached
    return this.#encode(value, attachments, peer, copier)
  }

  #encode(value: unknown, attachments: Uint8Array[], peer: string, copier: Copier | undefined): Uint8Array {
    const attached = attachments.length
    const { encoder, lowering } = this.#writer
    const limits = this.#limits
    const outer = this.#encoding
    const mark = this.#begin()
    try {
      const bytes = encoder.encodeSharedRef(lowering.run(value, attachments, peer))
      if (bytes.length > LARGE) this.#writer = newWriter(this.#exporters, limits)
      const excess = this.#excess(bytes, attachments, attached)
      if (excess !== undefined) throw excess
      const failure = copier && copyAttachments(attachments, attached, copier)
      if (failure instanceof RangeError) {
        throw new Refusal('ERR_TOO_LARGE', 'has binaries for whose copies there is no memory', {
          cause: failure,
        })
      }
      if (failure !== undefined) throw failure
      return bytes
    } catch (thrown) {
      attachments.length = attached
      this.#exporters.rollback(mark)
      throw thrown instanceof Refusal
        ? thrown.toError()
        : new SkeinError('ERR_NOT_SERIALISABLE', 'the value changed or threw while it was encoded', {
            path: '',
            cause: thrown,
          })
    } finally {
      this.#encoding = outer
    }
  }

  /** Whoever exports may encode something else meanwhile, which hands things out for the value around it. */
  #begin(): Mark {
    if (this.#encoding) return this.#exporters.mark()
    this.#encoding = true
    this.#exporters.begin()
    return NOTHING
  }

  /** A message may have half of what a batch may: the rest is for the other messages in it. */
  #excess(bytes: Uint8Array, attachments: readonly Uint8Array[], attached: number): Refusal | undefined {
    const { frameBytes, batchBytes, frames } = this.#limits
    if (bytes.length > frameBytes / 2) return tooLarge('bytes', bytes.length, frameBytes / 2)
    const taken = attachments.length - attached
    if (taken === 0) return undefined
    if (taken > frames / 2) return tooLarge('binaries of 4 KiB or more', taken, Math.floor(frames / 2))
    let size = 0
    for (let i = attached; i < attachments.length; i++) size += attachments[i]?.byteLength ?? 0
    return size > batchBytes / 2 ? tooLarge('bytes of binaries', size, batchBytes / 2) : undefined
  }

  decode(
    bytes: Uint8Array,
    attachments: readonly Uint8Array[],
    limits: Readonly<Limits>,
    peer: string,
  ): unknown {
    const plain = this.#plainReader.read(bytes, attachments, limits)
    return plain === NOT_PLAIN ? this.#decodeAny(bytes, attachments, limits, peer) : plain
  }

  #decodeAny(
    bytes: Uint8Array,
    attachments: readonly Uint8Array[],
    limits: Readonly<Limits>,
    peer: string,
  ): unknown {
    skim(bytes, limits)
    const outer = this.#revival
    let unreadable = false
    this.#revival = {
      attachments: new ArrivedAttachments(attachments),
      decode: (nested) => this.#decode(nested),
      reference: (reference) => {
        const { references } = this.#exporters
        if (references === undefined) throw malformed('nothing here takes references')
        try {
          return references.import(reference, peer)
        } catch (thrown) {
          throw thrown instanceof SkeinError ? thrown : new OwnFault(thrown)
        }
      },
      stream: (stream) => {
        const { streams } = this.#exporters
        if (streams === undefined) throw malformed('nothing here takes streams')
        return streams.import(stream, peer)
      },
      unreadable: (cause) => {
        unreadable = true
        return new Unreadable(cause)
      },
    }
    try {
      // A Buffer would make Buffers of the byte strings in it.
      const decoded = this.#decode(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength))
      return unreadable ? setApart(decoded) : decoded
    } catch (thrown) {
      if (thrown instanceof OwnFault) throw thrown.thrown
      throw asMalformed(thrown)
    } finally {
      this.#revival = outer
      if (bytes.length > LARGE) this.#decoders.length = 0
    }
  }

  /** A decoder that is entered a second time would clone itself, with some of its options lost. */
  #decode(bytes: Uint8Array): unknown {
    const level = this.#level
    let decoder = this.#decoders[level]
    if (decoder === undefined) {
      decoder = newDecoder((data, type) => revive(type, data, this.#revival))
      this.#decoders[level] = decoder
    }
    this.#level = level + 1
    try {
      return decoder.decode(bytes)
    } finally {
      this.#level = level
    }
  }
}

/** Carries through the decoder what is no fault of the bytes. */
class OwnFault {
  constructor(readonly thrown: unknown) {}
}

interface Writer {
  readonly encoder: Encoder
  readonly lowering: Lowering
}

function newWriter(exporters: Exporters, limits: Readonly<Limits>): Writer {
  const encoder = new Encoder({
    extensionCodec: {
      tryToEncode: (value) => (value instanceof ExtData ? value : null),
      decode: unreachable,
    },
    maxDepth: Number.POSITIVE_INFINITY,
  })
  return { encoder, lowering: new Lowering({ encoder, exporters, limits }) }
}

function newDecoder(decode: (data: Uint8Array, type: number) => unknown): Decoder {
  return new Decoder({
    extensionCodec: { tryToEncode: () => null, decode },
    mapKeyConverter(key) {
      if (typeof key !== 'string') throw malformed('the key of a map is not a string')
      return key
    },
  })
}

function unreachable(): never {
  throw new TypeError('an encoder does not decode, and nothing is revived outside of decode')
}
