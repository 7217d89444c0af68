import { withCallers } from '../callers.js'
import { Due } from '../deadlines.js'

type Result = IteratorResult<unknown, unknown>

/** Somebody who waits for the next item of a stream. */
export class Waiting extends Due {
  readonly promise: Promise<Result>
  #resolve: (result: Result | PromiseLike<Result>) => void = () => {}
  readonly #onExpired: () => void
  /** Keeps the stream from being collected for garbage, and closed for that. */
  readonly stream: object

  constructor(stream: object, onExpired: () => void) {
    super()
    this.stream = stream
    this.#onExpired = onExpired
    this.promise = new Promise((resolve) => {
      this.#resolve = resolve
    })
  }

  resolve(result: Result): void {
    this.#resolve(result)
  }

  reject(error: unknown): void {
    this.#resolve(withCallers(error))
  }

  override expired(): void {
    this.#onExpired()
  }
}
