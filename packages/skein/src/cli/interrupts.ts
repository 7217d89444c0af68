import { constants } from 'node:os'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** The signals that ask this process to end, from now on until `close`. */
export class Interrupts {
  /** Resolves at the first one, with the exit status that it stands for. */
  readonly first: Promise<number>
  readonly #handlers = new Map<NodeJS.Signals, () => void>()

  /** @param again called at each after the first */
  constructor(again: () => void) {
    let isFirst = true
    this.first = new Promise((resolve) => {
      for (const signal of SIGNALS) {
        this.#handlers.set(signal, () => {
          if (!isFirst) return again()
          isFirst = false
          resolve(128 + constants.signals[signal])
        })
      }
    })
    for (const [signal, handler] of this.#handlers) process.on(signal, handler)
  }

  close(): void {
    for (const [signal, handler] of this.#handlers) process.off(signal, handler)
  }
}
