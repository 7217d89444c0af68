import { randomBytes } from 'node:crypto'
import { customRandom, urlAlphabet } from 'nanoid'

/** Randomness as a collaborator: tokens and ids come from here, so that a simulation can be played again. */
export interface Randomness {
  /** `n` fresh bytes, as a plain Uint8Array; from the operating system's generator unless a test gives another. */
  bytes(n: number): Uint8Array
}

export const systemRandomness: Randomness = { bytes: (n) => new Uint8Array(randomBytes(n)) }

/** Letters that may follow a colon in a uid, or stand in a file name: 126 bits in 21 of them. */
export function randomId(random: Randomness): string {
  return customRandom(urlAlphabet, 21, (n) => random.bytes(n))()
}
