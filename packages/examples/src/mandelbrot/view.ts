/** What part of the plane a picture shows, and how finely. */
export interface View {
  /** In pixels. */
  readonly width: number
  readonly height: number
  readonly centre: { readonly re: number; readonly im: number }
  /** How much of the real axis its width covers. */
  readonly span: number
  /** After so many a point counts as one of the set. */
  readonly iterations: number
}

/** A rectangle of the picture, in pixels. */
export interface Tile {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

/** Cuts a picture into tiles, those at the right and lower edges as small as they must be. */
export function* tilesOf({ width, height }: Pick<View, 'width' | 'height'>, side: number): Generator<Tile> {
  for (let y = 0; y < height; y += side) {
    for (let x = 0; x < width; x += side) {
      yield { x, y, width: Math.min(side, width - x), height: Math.min(side, height - y) }
    }
  }
}
