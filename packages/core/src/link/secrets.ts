import { createHash, timingSafeEqual } from 'node:crypto'
import { tokenKey } from '../wire/header.js'

/** Who holds which secret: the tokens that we gave, and the nonces of the hands that are out. */
export class Secrets<L> {
  readonly #holders = new Map<string, L>()

  /** From now on, batches under this token, or shakes that answer this nonce, are for `holder`. */
  claim(secret: Uint8Array, holder: L): void {
    this.#holders.set(tokenKey(secret), holder)
  }

  /** What still comes under it is for nobody. */
  release(secret: Uint8Array): void {
    this.#holders.delete(tokenKey(secret))
  }

  /** @param key the secret as `tokenKey` writes it */
  whose(key: string): L | undefined {
    return this.#holders.get(key)
  }
}

/** Compares two secrets in a time that tells nothing of where they differ. */
export function sameSecret(a: string, b: string): boolean {
  return timingSafeEqual(digest(a), digest(b))
}

function digest(secret: string): Buffer {
  return createHash('sha256').update(secret).digest()
}
