/** Whoever publishes. */
export interface Publishing {
  readonly endpoint: string
  /** Sends as fast as it can, until it is closed: it rejects then. */
  publish(bytes: number, subscribers: number): Promise<never>
  close(): Promise<void>
}

/** Whoever reads all that comes. */
export interface Subscribing {
  received(): number
  close(): Promise<void>
}
