import type { PlainSocket } from '@skein/core/internal'
import { readEach } from './read-each.js'

/** In the order in which `poll` handles them. */
export const RANKS = ['rep', 'sub', 'broker'] as const
export type Rank = (typeof RANKS)[number]

export interface InletOptions {
  readonly rank: Rank
  /** How many messages are handled at a time. */
  readonly limit: number
}

/** Messages that come in on one socket. `handle` may not throw. */
export class Inlet {
  readonly rank: Rank
  readonly #socket: PlainSocket
  readonly #limit: number
  readonly #handle: (frames: Buffer[]) => void | Promise<void>
  #running = 0
  #freed: (() => void) | undefined
  /** Under `poll`: the message that waits for it, and what asks for the next one. */
  #waiting: Buffer[] | undefined
  #taken: (() => void) | undefined
  #closed = false

  constructor(
    socket: PlainSocket,
    { rank, limit }: InletOptions,
    handle: (frames: Buffer[]) => void | Promise<void>,
  ) {
    this.rank = rank
    this.#socket = socket
    this.#limit = limit
    this.#handle = handle
  }

  get isReady(): boolean {
    return this.#waiting !== undefined && !this.#closed
  }

  /** Handles messages as they come, until the socket is closed. */
  run(): void {
    void readEach(this.#socket, (frames) => {
      const handled = this.handle(frames)
      if (handled === undefined) return
      this.#running += 1
      void handled.then(() => {
        this.#running -= 1
        this.#freed?.()
      })
      if (this.#running >= this.#limit) return this.#whenFree()
    })
  }

  /** Keeps one message at a time for `take`; the others stay with libzmq, which bounds them. */
  hold(ready: () => void): void {
    void readEach(this.#socket, (frames) => {
      this.#waiting = frames
      ready()
      return new Promise((resolve) => {
        this.#taken = resolve
      })
    })
  }

  take(): Buffer[] | undefined {
    if (!this.isReady) return undefined
    const frames = this.#waiting
    this.#waiting = undefined
    this.#taken?.()
    return frames
  }

  handle(frames: Buffer[]): void | Promise<void> {
    if (!this.#closed) return this.#handle(frames)
  }

  /** What it still holds is dropped. */
  close(): void {
    this.#closed = true
    this.#freed?.()
    this.#taken?.()
  }

  #whenFree(): Promise<void> {
    return new Promise((resolve) => {
      this.#freed = resolve
    })
  }
}
