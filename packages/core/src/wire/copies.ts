/** Below this malloc keeps memory that was freed; above, the system takes it back, and clears what it gives, page by page. */
const LARGE = 1024 ** 2

/**
 * Copies of binaries that travel. A large one is made in the memory of an earlier one which nobody reads any more, where
 * there is such: an answer of 64 MiB needs that much once, and not once for each until garbage is collected.
 *
 * Each session has its own: a peer that says it has taken what it has not is sent nothing that is for others.
 */
export class Copies {
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
    if (this.#large?.delete(copy)) this.#spare = new WeakRef(copy.buffer)
  }

  /** Memory that is large enough, and not much larger: it is in use as long as the copy is. */
  #take(bytes: number): ArrayBufferLike | undefined {
    const spare = this.#spare?.deref()
    if (spare === undefined || spare.byteLength < bytes || spare.byteLength > 2 * bytes) return undefined
    this.#spare = undefined
    return spare
  }
}
