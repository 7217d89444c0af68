import type { Copier } from './codec.js'

/** For less it is not worth while: of 64 and 256 KiB no gain was to be measured. */
const LARGE = 1024 ** 2

/**
 * Copies of binaries that travel. A large one is made in the memory of the last that was let go, where there is such:
 * who answers with 64 MiB again and again needs that much for its copies, and not as much for each until garbage is
 * collected. One is kept, the larger of two: of whoever has much under way at a time there is more in use than spare.
 *
 * Each session has its own: a peer that says it has taken what it has not is sent nothing that is for others.
 */
export class Copies implements Copier {
  /** Large ones that may still be read. */
  #large: WeakSet<Uint8Array> | undefined
  /** Garbage like any other, should it be collected before it is used. */
  #spare: WeakRef<ArrayBufferLike> | undefined

  /** @throws RangeError if there is no memory for it; TypeError if it is detached */
  of(bytes: Uint8Array): Uint8Array {
    if (bytes.byteLength < LARGE) return new Uint8Array(bytes)
    const spare = this.#take(bytes.byteLength)
    const copy = spare === undefined ? new Uint8Array(bytes) : new Uint8Array(spare, 0, bytes.byteLength)
    if (spare !== undefined) copy.set(bytes)
    this.#large ??= new WeakSet()
    this.#large.add(copy)
    return copy
  }

  /** Nobody reads it any more. Does nothing for what is no copy of these. */
  release(copy: Uint8Array): void {
    if (!this.#large?.delete(copy)) return
    if (copy.buffer.byteLength >= (this.#spare?.deref()?.byteLength ?? 0))
      this.#spare = new WeakRef(copy.buffer)
  }

  /** Memory that is large enough, and not much larger: it is in use as long as the copy is. */
  #take(bytes: number): ArrayBufferLike | undefined {
    const spare = this.#spare?.deref()
    if (spare === undefined || spare.byteLength < bytes || spare.byteLength > 2 * bytes) return undefined
    this.#spare = undefined
    return spare
  }
}
