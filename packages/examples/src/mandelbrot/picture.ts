import { createWriteStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { PNG } from 'pngjs'
import type { Tile } from './view.js'

/** Type 2 of the PNG specification: red, green and blue, no transparency. */
const TRUECOLOUR = 2

/** A picture that is put together of tiles. */
export class Picture {
  readonly #png: PNG

  constructor(width: number, height: number) {
    this.#png = new PNG({ width, height, colorType: TRUECOLOUR })
    // pngjs keeps four bytes to a pixel, the last one its opacity.
    this.#png.data.fill(255)
  }

  /** @param pixels three bytes each, row by row */
  put({ x, y, width, height }: Tile, pixels: Uint8Array): void {
    const { data, width: stride } = this.#png
    let from = 0
    for (let row = y; row < y + height; row++) {
      let to = (row * stride + x) * 4
      for (let column = 0; column < width; column++) {
        data.set(pixels.subarray(from, from + 3), to)
        from += 3
        to += 4
      }
    }
  }

  async write(path: string): Promise<void> {
    await pipeline(this.#png.pack(), createWriteStream(path))
  }
}
