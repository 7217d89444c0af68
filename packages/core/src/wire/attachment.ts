import { toBinary } from './binary.js'
import type { Copier } from './codec.js'
import { malformed } from './malformed.js'

/** Frozen: whoever would put one into it has forgotten to bring a list. */
export const NO_ATTACHMENTS: Uint8Array[] = []
Object.freeze(NO_ATTACHMENTS)

/** The payload of `Extension.attachment`: one byte with the type of the binary, four with the index. */
export const ATTACHMENT_REFERENCE_BYTES = 5

/** Writes that payload at a place where there is room for it. */
export function writeAttachmentReference(bytes: Uint8Array, at: number, type: number, index: number): void {
  bytes[at] = type
  bytes[at + 1] = index >>> 24
  bytes[at + 2] = index >>> 16
  bytes[at + 3] = index >>> 8
  bytes[at + 4] = index
}

/** Replaces all attachments from an index on by copies. Gives what was thrown if one can't be copied. */
export function copyAttachments(attachments: Uint8Array[], from: number, copier: Copier): unknown {
  try {
    for (let i = from; i < attachments.length; i++)
      attachments[i] = copier.of(attachments[i] ?? new Uint8Array())
    return undefined
  } catch (thrown) {
    return thrown
  }
}

/**
 * The attachments of a batch that is read. Each is for one reference: were it for many, a small one that is copied for
 * each would take more memory than any limit allows.
 */
export class ArrivedAttachments {
  #attachments: readonly Uint8Array[]
  /** All before this one were taken, but for those that were skipped: a writer may number them as it likes. */
  #next = 0
  #skipped: Set<number> | undefined

  constructor(attachments: readonly Uint8Array[] = NO_ATTACHMENTS) {
    this.#attachments = attachments
  }

  /** Goes on with those of another batch. */
  reset(attachments: readonly Uint8Array[] = NO_ATTACHMENTS): void {
    this.#attachments = attachments
    this.#next = 0
    this.#skipped = undefined
  }

  /**
   * The binary of the attachment that is referred to at a place.
   *
   * @throws ERR_PROTOCOL
   */
  take(bytes: Buffer, at: number): ArrayBuffer | ArrayBufferView {
    const index = bytes.readUInt32BE(at + 1)
    const attachment = this.#attachments[index]
    if (attachment === undefined) throw malformed(`attachment ${index} is not there`)
    if (index === this.#next) this.#next += 1
    else this.#takeOutOfOrder(index)
    return toBinary(bytes[at] ?? 0, attachment)
  }

  #takeOutOfOrder(index: number): void {
    this.#skipped ??= new Set()
    if (index < this.#next) {
      if (!this.#skipped.delete(index)) throw malformed(`attachment ${index} is referred to twice`)
      return
    }
    for (let skipped = this.#next; skipped < index; skipped++) this.#skipped.add(skipped)
    this.#next = index + 1
  }
}
