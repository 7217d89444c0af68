import { escapeOf } from './escaping.js'
import { type Colour, colourAt, INSIDE, toByte } from './palette.js'
import type { Tile, View } from './view.js'

/** Points to a pixel, on each side: their average has no jagged edges. */
const SAMPLES = 2

/** Computes a tile: three bytes to a pixel, row by row. The same for the same view and tile, wherever it is done. */
export function render(view: View, tile: Tile): Uint8Array {
  const pixels = new Uint8Array(tile.width * tile.height * 3)
  let at = 0
  for (let y = tile.y; y < tile.y + tile.height; y++) {
    for (let x = tile.x; x < tile.x + tile.width; x++) {
      for (const linear of pixel(view, x, y)) pixels[at++] = toByte(linear)
    }
  }
  return pixels
}

function pixel(view: View, x: number, y: number): Colour {
  const step = view.span / view.width
  let [red, green, blue] = [0, 0, 0]
  for (let sample = 0; sample < SAMPLES * SAMPLES; sample++) {
    const right = x + ((sample % SAMPLES) + 0.5) / SAMPLES
    const down = y + (Math.floor(sample / SAMPLES) + 0.5) / SAMPLES
    const re = view.centre.re + (right - view.width / 2) * step
    const im = view.centre.im - (down - view.height / 2) * step
    const [r, g, b] = colourOf(re, im, view.iterations)
    red += r
    green += g
    blue += b
  }
  const count = SAMPLES * SAMPLES
  return [red / count, green / count, blue / count]
}

function colourOf(re: number, im: number, iterations: number): Colour {
  const escaped = escapeOf(re, im, iterations)
  if (escaped === undefined) return INSIDE
  const { count, light } = escaped
  const [r, g, b] = colourAt(place(count))
  return [r * light, g * light, b * light]
}

/** Counts grow without end towards the set: their root makes the turns wider there. */
function place(count: number): number {
  return Math.sqrt(count) * 0.14
}
