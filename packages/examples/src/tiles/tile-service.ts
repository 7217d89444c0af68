import { render } from '../mandelbrot/render.js'
import type { Tile, View } from '../mandelbrot/view.js'

export interface TileRequest {
  readonly view: View
  readonly tile: Tile
}

/** What a worker serves: each public method is a keyword. */
export class TileService {
  draw({ view, tile }: TileRequest): Uint8Array {
    return render(view, tile)
  }
}
