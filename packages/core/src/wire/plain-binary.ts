import { ATTACHMENT_REFERENCE_BYTES, writeAttachmentReference } from './attachment.js'
import { Extension } from './extension.js'

// Binaries as `PlainWriter` writes them, each at a place where there is room; they give the place behind.

/** What goes before the bytes of a binary, or before a reference, at most. */
export const HEAD_BYTES = 4

/** The extension with the bytes of a binary, which are fewer than 65 536. */
export function writeInline(buffer: Buffer, from: number, type: number, bytes: Uint8Array): number {
  const { length } = bytes
  let at = from
  if (isFixed(length)) buffer[at++] = 0xd4 + 31 - Math.clz32(length)
  else if (length < 0x100) {
    buffer[at++] = 0xc7
    buffer[at++] = length
  } else {
    buffer[at++] = 0xc8
    buffer[at++] = length >> 8
    buffer[at++] = length
  }
  buffer[at++] = type
  buffer.set(bytes, at)
  return at + length
}

/** The extension that refers to an attachment. */
export function writeAttached(buffer: Buffer, from: number, type: number, index: number): number {
  let at = from
  buffer[at++] = 0xc7
  buffer[at++] = ATTACHMENT_REFERENCE_BYTES
  buffer[at++] = Extension.attachment
  writeAttachmentReference(buffer, at, type, index)
  return at + ATTACHMENT_REFERENCE_BYTES
}

/** Whether MessagePack has a head for an extension of just that length: 1, 2, 4, 8 or 16. */
function isFixed(length: number): boolean {
  return length > 0 && length <= 16 && (length & (length - 1)) === 0
}
