import { defaultLimits, SkeinError } from '@skein/core'
import { describe, invalidOption, MsgpackCodec, messageOf } from '@skein/core/internal'

/** Makes one frame of a value, and the value of the frame. */
export interface PayloadCodec {
  encode(value: unknown): Uint8Array
  decode(bytes: Buffer): unknown
}

/**
 * `msgpack`: all that the mesh can carry by value, as in docs/protocol.md. `json`: what JSON has. `raw`: a Buffer or
 * Uint8Array, as it is; it arrives as a Buffer.
 */
export type CodecChoice = 'msgpack' | 'json' | 'raw' | PayloadCodec

/** A value as it stands in a message: one frame, and further ones for the large binaries of MessagePack. */
export interface FrameCodec {
  /** The frames belong to whoever asked: nothing that the caller may change is in them. */
  encode(value: unknown): Uint8Array[]
  decode(frames: readonly Buffer[]): unknown
}

const CHOICES = "'msgpack', 'json', 'raw', or an object with encode and decode"

/** @throws ERR_INVALID_OPTION */
export function codecOf(choice: unknown): FrameCodec {
  switch (choice) {
    case 'msgpack':
      return msgpack
    case 'json':
      return json
    case 'raw':
      return raw
  }
  if (isCodec(choice)) return single(choice)
  throw invalidOption('codec', choice, CHOICES)
}

/** One for all: it keeps nothing between two values. */
const codec = new MsgpackCodec()

const msgpack: FrameCodec = {
  encode(value) {
    const attachments: Uint8Array[] = []
    const bytes = codec.encode(value, attachments, '')
    // Neither its buffer, which is used again, nor those of the caller: libzmq reads frames later.
    return [Buffer.from(bytes), ...attachments.map((each) => Buffer.from(each))]
  },
  decode([bytes = Buffer.alloc(0), ...attachments]) {
    return codec.decode(bytes, attachments, defaultLimits, '')
  },
}

const json = single({
  encode(value) {
    let text: string | undefined
    try {
      text = JSON.stringify(value)
    } catch (error) {
      throw new SkeinError('ERR_NOT_SERIALISABLE', messageOf(error), { path: '', cause: error })
    }
    if (text !== undefined) return Buffer.from(text)
    throw new SkeinError('ERR_NOT_SERIALISABLE', `JSON has no ${describe(value)}`, { path: '' })
  },
  decode: (bytes) => JSON.parse(bytes.toString()),
})

const raw = single({
  encode(value) {
    if (value instanceof Uint8Array) return Buffer.from(value)
    throw new SkeinError('ERR_NOT_SERIALISABLE', `${describe(value)} is no Uint8Array`, { path: '' })
  },
  decode: (bytes) => bytes,
})

function single(given: PayloadCodec): FrameCodec {
  return {
    encode: (value) => [given.encode(value)],
    decode([bytes, ...more]) {
      if (bytes !== undefined && more.length === 0) return given.decode(bytes)
      throw new RangeError(`it has ${more.length + 1} frames, and one is expected`)
    },
  }
}

function isCodec(given: unknown): given is PayloadCodec {
  if (typeof given !== 'object' || given === null) return false
  return ['encode', 'decode'].every((name) => typeof Reflect.get(given, name) === 'function')
}
