/** Whoever publishes. */
export interface Publishing {
  readonly endpoint: string
  /** Sends as fast as it can, until its process ends. */
  publish(bytes: number, subscribers: number): Promise<void>
}

/** Whoever reads all that comes. */
export interface Subscribing {
  received(): number
}
