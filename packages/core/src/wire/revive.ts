import { type ArrivedAttachments, ATTACHMENT_REFERENCE_BYTES } from './attachment.js'
import { toBinary } from './binary.js'
import { reviveError } from './error-value.js'
import { Extension } from './extension.js'
import { malformed } from './malformed.js'
import { asBuffer, bytesToBigint, bytesToDate, bytesToStream, bytesToUtf16 } from './scalar.js'

/** What reviving needs of the codec. */
export interface Revival {
  readonly attachments: ArrivedAttachments
  /** Decodes the value in an extension. */
  decode(bytes: Uint8Array): unknown
  /** The stand-in for a reference. */
  reference(reference: unknown): unknown
  /** The consumer's end of a stream, by its number. */
  stream(stream: number): unknown
  /** The stand-in for a value that is well-formed, but can't be made here. */
  unreadable(cause: unknown): unknown
}

/** The value of an extension: the other half of `Lowering`. */
export function revive(type: number, bytes: Uint8Array, revival: Revival): unknown {
  switch (type) {
    case Extension.undefined:
      return undefined
    case Extension.negativeZero:
      return -0
    case Extension.utf16:
      return bytesToUtf16(bytes)
    case Extension.bigint:
      return bytesToBigint(bytes)
    case Extension.date:
      return bytesToDate(bytes)
    case Extension.map:
      return reviveMap(revival.decode(bytes))
    case Extension.set:
      return reviveSet(revival.decode(bytes))
    case Extension.regexp:
      return reviveRegExp(revival.decode(bytes), revival)
    case Extension.error:
      return reviveError(revival.decode(bytes))
    case Extension.reference:
      return revival.reference(revival.decode(bytes))
    case Extension.attachment:
      return reviveAttachment(bytes, revival.attachments)
    case Extension.stream:
      return revival.stream(bytesToStream(bytes))
    default:
      return toBinary(type, bytes)
  }
}

function reviveMap(flat: unknown): Map<unknown, unknown> {
  if (!Array.isArray(flat) || flat.length % 2 !== 0) {
    throw malformed('a Map is not an array of keys and values')
  }
  const map = new Map<unknown, unknown>()
  for (let i = 0; i < flat.length; i += 2) map.set(flat[i], flat[i + 1])
  return map
}

function reviveSet(flat: unknown): Set<unknown> {
  if (!Array.isArray(flat)) throw malformed('a Set is not an array')
  return new Set(flat)
}

function reviveRegExp(parts: unknown, revival: Revival): unknown {
  const [source, flags]: unknown[] = Array.isArray(parts) ? parts : []
  if (typeof source !== 'string' || typeof flags !== 'string') {
    throw malformed('a RegExp is not source and flags')
  }
  try {
    return new RegExp(source, flags)
  } catch (error) {
    return revival.unreadable(error) // the sender's JavaScript may know more than ours
  }
}

function reviveAttachment(bytes: Uint8Array, attachments: ArrivedAttachments): ArrayBuffer | ArrayBufferView {
  if (bytes.length !== ATTACHMENT_REFERENCE_BYTES) {
    throw malformed(
      `the reference to an attachment has ${bytes.length} bytes, not ${ATTACHMENT_REFERENCE_BYTES}`,
    )
  }
  return attachments.take(asBuffer(bytes), 0)
}
