/** Red, green and blue in linear light, from 0 to 1, so that colours can be averaged. */
export type Colour = readonly [number, number, number]

/** The colours of one turn, in sRGB from 0 to 255, and where they stand in it. */
const STOPS: readonly (readonly [number, number, number, number])[] = [
  [0, 5, 14, 76],
  [0.16, 24, 82, 177],
  [0.42, 235, 252, 255],
  [0.6425, 255, 170, 32],
  [0.8575, 86, 10, 40],
  [1, 5, 14, 76],
]

const SIZE = 4096
const TURN: readonly Colour[] = Array.from({ length: SIZE }, (_, index) => between(index / SIZE))

/** The colour at a place in the turn; any number, taken modulo 1. */
export function colourAt(place: number): Colour {
  const index = Math.floor((place - Math.floor(place)) * SIZE)
  return TURN[index] ?? INSIDE
}

/** The set itself. */
export const INSIDE: Colour = [0, 0, 0]

/** From linear light to a byte of sRGB (IEC 61966-2-1). */
export function toByte(linear: number): number {
  const value = linear <= 0.0031308 ? linear * 12.92 : 1.055 * linear ** (1 / 2.4) - 0.055
  return Math.round(Math.min(1, value) * 255)
}

function toLinear(byte: number): number {
  const value = byte / 255
  return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
}

/** Eased from stop to stop, in sRGB, which is even to the eye. */
function between(place: number): Colour {
  const after = STOPS.findIndex(([at]) => at > place)
  const [from, to] = [STOPS[after - 1], STOPS[after]]
  if (from === undefined || to === undefined) throw new RangeError(`${place} is not within the turn`)
  const share = (place - from[0]) / (to[0] - from[0])
  const eased = share * share * (3 - 2 * share)
  const mix = (a: number, b: number): number => toLinear(a + (b - a) * eased)
  return [mix(from[1], to[1]), mix(from[2], to[2]), mix(from[3], to[3])]
}
