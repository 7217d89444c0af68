import { tokenKey } from '../wire/header.js'

/** Who was given which secret: the tokens that peers put before their batches, and the nonces that shakes repeat. */
export class Secrets<L> {
  readonly #holders = new Map<string, L>()

  /** From now on, batches under this token, or shakes that answer this nonce, go to `link`. */
  claim(secret: Uint8Array, link: L): void {
    this.#holders.set(tokenKey(secret), link)
  }

  /** What bears it goes to nobody any more. */
  release(secret: Uint8Array): void {
    this.#holders.delete(tokenKey(secret))
  }

  /** @param key the secret as `tokenKey` writes it */
  whose(key: string): L | undefined {
    return this.#holders.get(key)
  }
}
