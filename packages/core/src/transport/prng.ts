/**
 * Random numbers that can be drawn again: the same seed gives the same sequence, on every machine. Mulberry32 by Tommy
 * Ettinger, in the public domain (https://gist.github.com/tommyettinger/46a874533244883189143505d203312c). Not for
 * secrets.
 */
export class Prng {
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  /** At least 0 and less than 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let mixed = this.#state
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }

  /** At least `min` and less than `max`; `min` if they are equal. */
  between(min: number, max: number): number {
    return min + this.next() * (max - min)
  }

  /** So that it can stand in for the system's randomness in a simulation. */
  bytes(n: number): Uint8Array {
    return Uint8Array.from({ length: n }, () => this.next() * 256)
  }
}
