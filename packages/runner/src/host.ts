import { SkeinError } from '@skein/core'
import { ExitRequest } from './exit-request.js'
import { type FromJob, parseToJob } from './messages.js'
import { StopOrder } from './stop-order.js'
import { tellError } from './told-error.js'

/** Whoever started a job, as seen from there. */
export interface Host {
  /** That the job is to end. It has to heed this, also while it starts. */
  readonly order: StopOrder
  /**
   * Says that it is at work: `Run.ready` resolves with the value.
   *
   * @throws ERR_NOT_SERIALISABLE if it is no plain value
   */
  ready(value?: unknown): void
  /**
   * Tells something that whoever started it gets as `RunEvents.report`.
   *
   * @throws ERR_NOT_SERIALISABLE if it is no plain value
   */
  report(report: unknown): void
  /** Takes what `Run.send` is given, in order, in place of who took it before. What came already is handed over at once. */
  onMessage(listener: (message: unknown) => void): void
}

/**
 * What a job does, from its spec to its end: resolves with the exit code when everything it has opened is closed. Where
 * it throws, the code is 1: a SkeinError before it was ready is told to whoever started it, anything else is printed.
 */
export type RunJob = (spec: unknown, host: Host) => Promise<number>

/** Of a job that was dropped: as near to a crash as a thread can get. */
const DROPPED_CODE = 1

/** What a process and a thread have in common on their side, whatever carries the messages. */
export class Hosting implements Host {
  readonly order = new StopOrder()
  readonly #send: (message: FromJob) => void
  readonly #early: unknown[] = []
  #listener: (message: unknown) => void = (message) => void this.#early.push(message)
  #isReady = false

  constructor(send: (message: FromJob) => void) {
    this.#send = send
  }

  async run(job: RunJob, spec: unknown): Promise<number> {
    try {
      return await job(spec, this)
    } catch (error) {
      if (error instanceof ExitRequest) return error.code
      if (error instanceof SkeinError && !this.#isReady)
        this.#send({ kind: 'failed', error: tellError(error) })
      else console.error(error)
      return 1
    }
  }

  ready(value?: unknown): void {
    this.#send({ kind: 'ready', value })
    this.#isReady = true
  }

  report(report: unknown): void {
    this.#send({ kind: 'report', report })
  }

  onMessage(listener: (message: unknown) => void): void {
    this.#listener = listener
    for (const message of this.#early.splice(0)) listener(message)
  }

  /** Something came from whoever started it. */
  take(given: unknown): void {
    const message = parseToJob(given)
    switch (message?.kind) {
      case 'stop':
        return this.order.stop(0, message.drain ?? 0)
      case 'drop':
        return this.order.drop(DROPPED_CODE)
      case 'message':
        return this.#listener(message.message)
    }
  }
}
