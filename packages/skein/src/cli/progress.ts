/** How far a program has got. */
export interface Progress {
  readonly done: number
  readonly total: number
  readonly text?: string | undefined
}

/** Shows it to somebody. */
export interface ProgressDisplay {
  show(progress: Progress): void
  /** It won't get any further. */
  close(): void
}
