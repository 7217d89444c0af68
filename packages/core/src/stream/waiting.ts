import { Due } from '../deadlines.js'

type Result = IteratorResult<unknown, unknown>

/** Somebody who waits for the next item of a stream. */
export class Waiting extends Due {
  readonly promise: Promise<Result>
  #resolve: (result: Result) => void = () => {}
  #reject: (error: unknown) => void = () => {}
  readonly #onExpired: () => void
  /** Keeps the stream from being collected for garbage, and closed for that. */
  readonly stream: object

  constructor(stream: object, onExpired: () => void) {
    super()
    this.stream = stream
    this.#onExpired = onExpired
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
  }

  resolve(result: Result): void {
    this.#resolve(result)
  }

  reject(error: unknown): void {
    this.#reject(error)
  }

  override expired(): void {
    this.#onExpired()
  }
}
