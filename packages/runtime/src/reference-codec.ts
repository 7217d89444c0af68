import type { Codec, Limits } from '@skein/core'
import type { References } from './references.js'

/** A codec that takes back what was exported for a value that then could not be encoded. */
export class ReferenceCodec implements Codec {
  readonly #codec: Codec
  readonly #references: References

  /** @param codec one that was made with `references` */
  constructor(codec: Codec, references: References) {
    this.#codec = codec
    this.#references = references
  }

  encode(value: unknown, attachments: Uint8Array[], peer: string): Uint8Array {
    this.#references.begin()
    try {
      return this.#codec.encode(value, attachments, peer)
    } catch (error) {
      this.#references.rollback()
      throw error
    }
  }

  decode(bytes: Uint8Array, attachments: readonly Uint8Array[], limits: Limits, peer: string): unknown {
    return this.#codec.decode(bytes, attachments, limits, peer)
  }
}
