import { isSharedArrayBuffer } from 'node:util/types'
import { ExtData } from '@msgpack/msgpack'
import { describe } from '../errors.js'
import { ATTACHMENT_REFERENCE_BYTES, writeAttachmentReference } from './attachment.js'
import { ATTACHMENT_BYTES, bytesOfBinary, isDetached, typeOfBinary } from './binary.js'
import { Extension } from './extension.js'
import { Refusal, tooLarge } from './refusal.js'

/**
 * The extension for a binary. One of 4 KiB or more goes to `attachments`, uncopied, and is referred to.
 *
 * @param maxBytes of an attachment.
 * @throws Refusal
 */
export function lowerBinary(
  binary: ArrayBuffer | ArrayBufferView,
  attachments: Uint8Array[],
  maxBytes: number,
): ExtData {
  const type = typeOfBinary(binary)
  if (type === undefined) {
    throw new Refusal(
      'ERR_NOT_SERIALISABLE',
      `is ${describe(binary)}, which has no wire format: send its buffer`,
    )
  }
  if (isDetached(binary)) {
    throw new Refusal(
      'ERR_NOT_SERIALISABLE',
      'is detached: its buffer was transferred or made smaller, send a copy',
    )
  }
  const bytes = bytesOfBinary(binary)
  if (isSharedArrayBuffer(bytes.buffer)) {
    throw new Refusal('ERR_NOT_SERIALISABLE', `lies in a SharedArrayBuffer: send a copy, ${copyOf(binary)}`)
  }
  if (bytes.length < ATTACHMENT_BYTES) return new ExtData(type, bytes)
  if (bytes.length > maxBytes) throw tooLarge('bytes', bytes.length, maxBytes)
  const reference = new Uint8Array(ATTACHMENT_REFERENCE_BYTES)
  writeAttachmentReference(reference, 0, type, attachments.length)
  attachments.push(bytes)
  return new ExtData(Extension.attachment, reference)
}

/** How to make a copy that is not shared: `slice` of a Buffer is a view, and a DataView has none. */
function copyOf(binary: ArrayBuffer | ArrayBufferView): string {
  if (Buffer.isBuffer(binary)) return '`Buffer.from(x)`'
  if (binary instanceof DataView) return '`new Uint8Array(x.buffer).slice()`'
  return '`x.slice()`'
}
