import { SkeinError } from '@skein/core'
import { type Deferred, deferred } from './deferred.js'
import type { Ending, Job, RunEvents } from './job.js'
import { LineReader } from './lines.js'
import { parseFromJob } from './messages.js'
import { Tail } from './tail.js'
import { errorTold, type ToldError } from './told-error.js'

/** What is said of a job. */
type Named = Pick<Job, 'name' | 'facts'>

/** What a start by any means has in common: from the first line to the ending, and an error that quotes the last ones. */
export class Launching {
  readonly #job: Named
  readonly #on: RunEvents
  readonly #ready: Deferred<unknown> = deferred()
  readonly #ended: Deferred<Ending> = deferred()
  readonly #complaints = new Tail()
  #told: ToldError | undefined

  constructor(job: Named, on: RunEvents) {
    this.#job = job
    this.#on = on
    // Whoever waits for the ending alone has no use for this one.
    this.#ready.promise.catch(() => {})
  }

  get ready(): Promise<unknown> {
    return this.#ready.promise
  }

  get ended(): Promise<Ending> {
    return this.#ended.promise
  }

  /** Reads a stream by lines; the last one comes when it ends, or is closed. */
  read(name: 'stdout' | 'stderr', stream: NodeJS.ReadableStream): void {
    const lines = new LineReader((line) => this.line(name, line))
    stream.on('data', (chunk: Buffer) => lines.push(chunk))
    stream.on('close', () => lines.end())
  }

  line(name: 'stdout' | 'stderr', text: string): void {
    if (name === 'stderr') this.#complaints.push(text)
    this.#on.line(name, text)
  }

  message(given: unknown): void {
    const message = parseFromJob(given)
    switch (message?.kind) {
      case 'ready':
        return this.#ready.resolve(message.value)
      case 'report':
        return this.#on.report(message.report)
      case 'failed':
        // It is about to end, and has closed what it had opened when it has.
        this.#told = message.error
    }
  }

  /** To be called when everything that it printed has been read. */
  end(ending: Ending): void {
    if (this.#told !== undefined) this.#ready.reject(errorTold(this.#told))
    const how = ending.signal === null ? `exit code ${ending.code}` : `signal ${ending.signal}`
    this.#fail(
      `${this.#job.name} ended before it was ready (${how})`,
      ending.signal ?? `exit code ${ending.code}`,
    )
    this.#ended.resolve(ending)
  }

  /** It could not even be started. */
  fail(cause: unknown): void {
    const why = cause instanceof Error ? cause.message : String(cause)
    this.#fail(`${this.#job.name} could not be started: ${why}`, why, cause)
    this.#ended.resolve({ code: null, signal: null })
  }

  /** Does nothing once it was ready. */
  #fail(what: string, reason: string, cause?: unknown): void {
    const last = this.#complaints.toString()
    const message = last === '' ? what : `${what}; the last that it printed:\n${last}`
    this.#ready.reject(new SkeinError('ERR_LAUNCH', message, { ...this.#job.facts, reason, cause }))
  }
}
