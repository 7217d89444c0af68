import { constants } from 'node:os'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** How this process was asked to end. */
export interface Interrupt {
  /** The exit status that it stands for. */
  readonly status: number
  /** Whether what runs may end first: whoever stops a service has time, whoever presses a key or hangs up has none. */
  readonly drains: boolean
}

/** The signals that ask this process to end, from now on until `close`. */
export class Interrupts {
  /** Resolves at the first one. */
  readonly first: Promise<Interrupt>
  readonly #handlers = new Map<NodeJS.Signals, () => void>()

  /** @param again called at each after the first */
  constructor(again: () => void) {
    let isFirst = true
    this.first = new Promise((resolve) => {
      for (const signal of SIGNALS) {
        this.#handlers.set(signal, () => {
          if (!isFirst) return again()
          isFirst = false
          resolve({ status: 128 + constants.signals[signal], drains: signal === 'SIGTERM' })
        })
      }
    })
    for (const [signal, handler] of this.#handlers) process.on(signal, handler)
  }

  close(): void {
    for (const [signal, handler] of this.#handlers) process.off(signal, handler)
  }
}
