/** Numbers from 0 up to, and without, 1. */
export type Random = () => number

/** The same numbers for the same seed: mulberry32, good enough for delays and not for secrets. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Whole numbers from 0 up to, and without, a bound: the same for the same seed. */
export function randomBelow(seed: number): (bound: number) => number {
  const random = seededRandom(seed)
  return (bound) => Math.floor(random() * bound)
}
