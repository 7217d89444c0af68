import { constants } from 'node:os'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** That somebody wants all to end. */
export class Interrupted extends Error {
  /** What a shell would say of a command that this signal has ended. */
  readonly exitStatus: number

  constructor(signal: (typeof SIGNALS)[number]) {
    super(`interrupted by ${signal}`)
    this.name = 'Interrupted'
    this.exitStatus = 128 + constants.signals[signal]
  }
}

/** Aborts what `work` is given when the process is to end, so that `work` can end what it has started. */
export async function interruptible<Value>(work: (signal: AbortSignal) => Promise<Value>): Promise<Value> {
  const controller = new AbortController()
  const interrupt = (signal: (typeof SIGNALS)[number]) => controller.abort(new Interrupted(signal))
  for (const signal of SIGNALS) process.on(signal, interrupt)
  try {
    return await work(controller.signal)
  } catch (error) {
    // What fails after an interrupt, such as an order to a process that was interrupted too, fails for that.
    throw controller.signal.aborted ? controller.signal.reason : error
  } finally {
    for (const signal of SIGNALS) process.off(signal, interrupt)
  }
}
