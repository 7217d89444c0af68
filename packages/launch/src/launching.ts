import { SkeinError } from '@skein/core'
import type { Ending, LaunchEvents } from '@skein/runtime/internal'
import { type Deferred, deferred } from './deferred.js'
import { LineReader } from './lines.js'
import { parseFromRuntime } from './messages.js'
import { Tail } from './tail.js'

/** What a start by any means has in common: from the first line to the ending, and an error that quotes the last ones. */
export class Launching {
  readonly #uid: string
  readonly #on: LaunchEvents
  readonly #ready: Deferred<void> = deferred()
  readonly #ended: Deferred<Ending> = deferred()
  readonly #complaints = new Tail()

  constructor(uid: string, on: LaunchEvents) {
    this.#uid = uid
    this.#on = on
    // Whoever waits for the ending alone has no use for this one.
    this.#ready.promise.catch(() => {})
  }

  get ready(): Promise<void> {
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
    const message = parseFromRuntime(given)
    switch (message?.kind) {
      case 'ready':
        return this.#ready.resolve()
      case 'report':
        return this.#on.report(message.report)
    }
  }

  /** To be called when everything that it printed has been read. */
  end(ending: Ending): void {
    const how = ending.signal === null ? `exit code ${ending.code}` : `signal ${ending.signal}`
    this.#fail(`${this.#uid} ended before it was ready (${how})`, ending.signal ?? `exit code ${ending.code}`)
    this.#ended.resolve(ending)
  }

  /** It could not even be started. */
  fail(cause: unknown): void {
    const why = cause instanceof Error ? cause.message : String(cause)
    this.#fail(`${this.#uid} could not be started: ${why}`, why, cause)
    this.#ended.resolve({ code: null, signal: null })
  }

  /** Does nothing once it was ready. */
  #fail(what: string, reason: string, cause?: unknown): void {
    const last = this.#complaints.toString()
    const message = last === '' ? what : `${what}; the last that it printed:\n${last}`
    this.#ready.reject(new SkeinError('ERR_LAUNCH', message, { uid: this.#uid, reason, cause }))
  }
}
