import type { AskedOf, Signed } from '../ordered-process.js'
import type { Flaws } from './stage.js'

/** What a process that plays seeds is told. */
export type PlayerOrder =
  /** Answered with what became of it: `Played`. */
  | { readonly kind: 'play'; readonly id: number; readonly seed: number; readonly flaws: Flaws }
  | { readonly kind: 'stop'; readonly id: number }

export type PlayerAsked = AskedOf<PlayerOrder>

/** What it tells. */
export type PlayerNews = Signed
