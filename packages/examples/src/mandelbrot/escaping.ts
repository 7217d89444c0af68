/** How a point that is none of the set leaves it. */
export interface Escape {
  /** After how many iterations, as a real number without steps: Peitgen's normalised count. */
  readonly count: number
  /** Where the light falls on the slope, from 0 to 1: the potential is taken for a landscape. */
  readonly light: number
}

/** Far out, so that the count is smooth to the eye. */
const RADIUS_SQUARED = 1e6
/** Whence the light comes, as an angle over the plane, and how high it stands. */
const LIGHT = { re: Math.cos(0.75 * Math.PI), im: Math.sin(0.75 * Math.PI), height: 1.4 }

/** Iterates `z² + c`, and its derivative for the slope. Undefined for a point that stays. */
export function escapeOf(re: number, im: number, iterations: number): Escape | undefined {
  if (isInBulb(re, im)) return undefined
  let x = 0
  let y = 0
  let dx = 0
  let dy = 0
  for (let n = 1; n <= iterations; n++) {
    const nextDx = 2 * (x * dx - y * dy) + 1
    dy = 2 * (x * dy + y * dx)
    dx = nextDx
    const nextX = x * x - y * y + re
    y = 2 * x * y + im
    x = nextX
    const squared = x * x + y * y
    if (squared > RADIUS_SQUARED) {
      return { count: n + 1 - Math.log2(Math.log2(squared) / 2), light: lightOn(x, y, dx, dy) }
    }
  }
  return undefined
}

/** The normal of the slope is `z / z'`. */
function lightOn(x: number, y: number, dx: number, dy: number): number {
  const scale = dx * dx + dy * dy
  const re = (x * dx + y * dy) / scale
  const im = (y * dx - x * dy) / scale
  const length = Math.hypot(re, im)
  const slope = (re * LIGHT.re + im * LIGHT.im) / length
  return Math.max(0, (slope + LIGHT.height) / (1 + LIGHT.height))
}

/** The main cardioid and the disc left of it are most of the set, and would take all iterations. */
function isInBulb(re: number, im: number): boolean {
  const q = (re - 0.25) ** 2 + im * im
  return q * (q + re - 0.25) <= 0.25 * im * im || (re + 1) ** 2 + im * im <= 0.0625
}
