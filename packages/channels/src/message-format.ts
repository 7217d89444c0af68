/// <reference lib="es2024.string" />
import { defaultLimits, SkeinError } from '@skein/core'
import { invalidOption, MsgpackCodec } from '@skein/core/internal'
import type { Parts } from './package.js'

/** What the messages of each type of channel are. */
export interface MessageOf {
  text: string
  binary: Uint8Array
  /** Whatever a CommsManager can send as an argument, references and streams left out. */
  object: unknown
}

export type ChannelType = keyof MessageOf

export interface Format<T> {
  /** @throws ERR_INVALID_OPTION, ERR_NOT_SERIALISABLE, ERR_TOO_LARGE */
  encode(message: T): Parts
  /** Throws if it is none of this type. */
  decode(parts: Parts): T
}

/** As much as the codec allows to one binary. */
const MOST_BYTES = defaultLimits.frameBytes / 2

/** Half as many as the codec allows to one value: a message travels in a batch with others. */
const MOST_PARTS = defaultLimits.frames / 4

const codec = new MsgpackCodec({ limits: defaultLimits })
const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * A message is encoded where it is sent and decoded where it is received: those between pass on bytes, and what changes
 * after it was sent does not matter.
 */
const formats: { readonly [T in ChannelType]: Format<MessageOf[T]> } = {
  text: {
    encode(message) {
      if (typeof message !== 'string' || !message.isWellFormed())
        throw invalidOption('message', message, 'a string without lone surrogates, on a channel of text')
      return checkSize([new TextEncoder().encode(message)])
    },
    decode: (parts) => strict.decode(single(parts)),
  },
  binary: {
    encode(message) {
      if (message instanceof Uint8Array) return checkSize([new Uint8Array(message)])
      throw invalidOption('message', message, 'a Uint8Array, on a channel of binary')
    },
    decode: single,
  },
  object: { encode: encodeValue, decode: decodeValue },
}

export function formatOf<T extends ChannelType>(type: T): Format<MessageOf[T]> {
  return formats[type]
}

/**
 * The type of a channel that was given one, or none.
 *
 * @throws ERR_INVALID_OPTION
 */
export function checkType<T extends ChannelType>(given: T | undefined): T {
  const type: unknown = given ?? 'text'
  if (isType<T>(type)) return type
  throw invalidOption('type', given, Object.keys(formats).join(', '))
}

/** Which of the types it is, is its giver's word; where none is given, that is what `T` is by default. */
function isType<T extends ChannelType>(given: unknown): given is T {
  return typeof given === 'string' && Object.hasOwn(formats, given)
}

/**
 * A value of its caller's, who may change it afterwards.
 *
 * @throws ERR_NOT_SERIALISABLE, ERR_TOO_LARGE
 */
export function encodeValue(value: unknown): Parts {
  const [encoded = new Uint8Array(), ...attachments] = checkSize(encodeOwn(value))
  return [encoded, ...attachments.map((part) => new Uint8Array(part))]
}

/** A value whose byte arrays nobody changes. @throws ERR_NOT_SERIALISABLE, ERR_TOO_LARGE */
export function encodeOwn(value: unknown): Parts {
  const attachments: Uint8Array[] = []
  // Copied: the codec writes over it.
  const encoded = new Uint8Array(codec.encode(value, attachments, ''))
  return [encoded, ...attachments]
}

/** Throws if it was encoded otherwise. */
export function decodeValue([encoded = new Uint8Array(), ...attachments]: Parts): unknown {
  return codec.decode(encoded, attachments, defaultLimits, '')
}

/** What is larger could be sent to nobody, and would be found so when others wait with it. */
function checkSize(parts: Parts): Parts {
  const size = parts.reduce((sum, { length }) => sum + length, 0)
  if (size > MOST_BYTES) throw tooLarge('bytes', size, MOST_BYTES)
  if (parts.length > MOST_PARTS) throw tooLarge('binaries of 4 KiB or more', parts.length, MOST_PARTS)
  return parts
}

function tooLarge(what: string, size: number, limit: number): SkeinError {
  const text = `a message of ${size} ${what} is too large: ${limit} are allowed; send it in pieces`
  return new SkeinError('ERR_TOO_LARGE', text, { size, limit })
}

function single(parts: Parts): Uint8Array {
  const [only] = parts
  if (only !== undefined && parts.length === 1) return only
  throw new SkeinError('ERR_PROTOCOL', `a message in ${parts.length} parts is neither text nor binary`)
}
