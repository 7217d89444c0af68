import { ArrivedAttachments, ATTACHMENT_REFERENCE_BYTES } from './attachment.js'
import { ATTACHMENT_BYTES, toBinary } from './binary.js'
import { Extension, isBinary } from './extension.js'
import type { Limits } from './limits.js'
import { asBuffer } from './scalar.js'

/** What the reader gives for bytes that are not for it. */
export const NOT_PLAIN: unique symbol = Symbol('not plain')

/** Strings of at most so many bytes are looked up among those that have come before: names and keys come again and again. */
const KNOWN_BYTES = 24

/** How many of them are kept: a power of 2. */
const KNOWN = 1024

const NOTHING = Buffer.alloc(0)

/**
 * Reads MessagePack of what nearly all messages are made of, and checks it against the limits on the way. It gives up on
 * anything else, and on whatever is wrong: that is for `skim` and the library, which say what. What both can read, they
 * read alike; but of bytes that are no UTF-8 they make other characters, and the library drops a byte order mark before
 * a string of more than 200 bytes.
 */
export class PlainReader {
  readonly #attachments = new ArrivedAttachments()
  readonly #known: (string | undefined)[] = new Array<string | undefined>(KNOWN).fill(undefined)
  #bytes: Buffer = NOTHING
  #at = 0
  #nodesLeft = 0
  #depthLimit = 0
  #gaveUp = false

  /** The one value that fills `bytes`, or `NOT_PLAIN`. Attachments in it are views. */
  read(
    bytes: Uint8Array,
    attachments: readonly Uint8Array[],
    { depth, nodes }: Pick<Limits, 'depth' | 'nodes'>,
  ): unknown {
    this.#bytes = asBuffer(bytes)
    this.#attachments.reset(attachments)
    this.#at = 0
    this.#nodesLeft = nodes - 1
    this.#depthLimit = depth
    this.#gaveUp = false
    try {
      const value = this.#value(0)
      return this.#at === bytes.length && !this.#gaveUp ? value : NOT_PLAIN
    } catch {
      return NOT_PLAIN // an attachment or a binary that is none, or it is deeper than the stack
    } finally {
      // They may be large.
      this.#bytes = NOTHING
      this.#attachments.reset()
    }
  }

  /** @param depth how many containers are around it */
  #value(depth: number): unknown {
    const bytes = this.#bytes
    const head = bytes[this.#at++]
    if (head === undefined) return this.#giveUp()
    if (head < 0x80) return head
    if (head < 0x90) return this.#record(head & 0x0f, depth)
    if (head < 0xa0) return this.#list(head & 0x0f, depth)
    if (head < 0xc0) return this.#string(head & 0x1f)
    if (head >= 0xe0) return head - 0x100
    switch (head) {
      case 0xc0:
        return null
      case 0xc2:
        return false
      case 0xc3:
        return true
      case 0xc7:
      case 0xc8:
        return this.#extension(this.#unsigned(head - 0xc6))
      case 0xca:
        return this.#has(4) ? bytes.readFloatBE(this.#at - 4) : undefined
      case 0xcb:
        return this.#has(8) ? bytes.readDoubleBE(this.#at - 8) : undefined
      case 0xcc:
      case 0xcd:
      case 0xce:
        return this.#unsigned(1 << (head - 0xcc))
      case 0xcf:
        return this.#unsigned(4) * 2 ** 32 + this.#unsigned(4)
      case 0xd0:
        return (this.#unsigned(1) << 24) >> 24
      case 0xd1:
        return (this.#unsigned(2) << 16) >> 16
      case 0xd2:
        return this.#unsigned(4) | 0
      case 0xd3:
        return (this.#unsigned(4) | 0) * 2 ** 32 + this.#unsigned(4)
      case 0xd4:
      case 0xd5:
      case 0xd6:
      case 0xd7:
      case 0xd8:
        return this.#extension(1 << (head - 0xd4))
      case 0xd9:
      case 0xda:
      case 0xdb:
        return this.#string(this.#unsigned(1 << (head - 0xd9)))
      case 0xdc:
      case 0xdd:
        return this.#list(this.#unsigned(2 << (head - 0xdc)), depth)
      case 0xde:
      case 0xdf:
        return this.#record(this.#unsigned(2 << (head - 0xde)), depth)
      default:
        return this.#giveUp()
    }
  }

  #list(length: number, depth: number): unknown {
    if (!this.#enters(length, depth)) return this.#giveUp()
    const list: unknown[] = []
    for (let i = 0; i < length && !this.#gaveUp; i++) list.push(this.#value(depth + 1))
    return list
  }

  #record(length: number, depth: number): unknown {
    if (!this.#enters(2 * length, depth)) return this.#giveUp()
    const record: Record<string, unknown> = {}
    for (let i = 0; i < length && !this.#gaveUp; i++) {
      const key = this.#key()
      if (key === undefined || key === '__proto__') return this.#giveUp()
      record[key] = this.#value(depth + 1)
    }
    return record
  }

  #key(): string | undefined {
    const head = this.#bytes[this.#at++] ?? 0
    if (head >= 0xa0 && head < 0xc0) return this.#string(head & 0x1f)
    return head === 0xd9 ? this.#string(this.#unsigned(1)) : undefined
  }

  /** Whether a container with so many values keeps within the limits, and within the bytes that there are. */
  #enters(items: number, depth: number): boolean {
    this.#nodesLeft -= items
    return this.#nodesLeft >= 0 && depth < this.#depthLimit && items <= this.#bytes.length - this.#at
  }

  /** Those that have no payload, and binaries. */
  #extension(length: number): unknown {
    const type = this.#unsigned(1)
    if (length === 0 && type === Extension.undefined) return undefined
    if (length === 0 && type === Extension.negativeZero) return -0
    if (length === ATTACHMENT_REFERENCE_BYTES && type === Extension.attachment) return this.#attachment()
    return isBinary(type) ? this.#binary(type, length) : this.#giveUp()
  }

  #binary(type: number, length: number): unknown {
    const from = this.#at
    if (length >= ATTACHMENT_BYTES || !this.#has(length)) return this.#giveUp()
    const { buffer, byteOffset } = this.#bytes
    return toBinary(type, new Uint8Array(buffer, byteOffset + from, length))
  }

  #attachment(): unknown {
    const from = this.#at
    return this.#has(ATTACHMENT_REFERENCE_BYTES) ? this.#attachments.take(this.#bytes, from) : undefined
  }

  #string(length: number): string | undefined {
    const from = this.#at
    if (!this.#has(length)) return undefined
    return length <= KNOWN_BYTES
      ? this.#short(from, length)
      : this.#bytes.toString('utf8', from, from + length)
  }

  #short(from: number, length: number): string {
    const bytes = this.#bytes
    let hash = length
    let units = 0
    for (let i = from; i < from + length; i++) {
      const unit = bytes[i] ?? 0
      units |= unit
      hash = (Math.imul(hash, 31) + unit) | 0
    }
    if (units > 0x7f) return bytes.toString('utf8', from, from + length)
    const place = (hash ^ (hash >>> 10)) & (KNOWN - 1)
    const known = this.#known[place]
    if (known !== undefined && known.length === length && isAt(bytes, from, known)) return known
    const text = bytes.toString('latin1', from, from + length)
    this.#known[place] = text
    return text
  }

  #unsigned(width: number): number {
    if (!this.#has(width)) return 0
    const bytes = this.#bytes
    let value = 0
    for (let i = this.#at - width; i < this.#at; i++) value = value * 256 + (bytes[i] ?? 0)
    return value
  }

  /** Goes past so many bytes, if there are as many. */
  #has(length: number): boolean {
    this.#at += length
    if (this.#at <= this.#bytes.length) return true
    this.#giveUp()
    return false
  }

  #giveUp(): undefined {
    this.#gaveUp = true
  }
}

function isAt(bytes: Buffer, from: number, text: string): boolean {
  for (let i = 0; i < text.length; i++) if (bytes[from + i] !== text.charCodeAt(i)) return false
  return true
}
