import { render } from './render.js'
import type { Tile, View } from './view.js'

/** On a worker, computes tiles of one picture. */
export class Renderer {
  readonly #view: View

  constructor(view: View) {
    this.#view = view
  }

  render(tile: Tile): Uint8Array {
    return render(this.#view, tile)
  }
}
