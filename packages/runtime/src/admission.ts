import { types } from 'node:util'
import { type Incoming, SkeinError } from '@skein/core'
import { Kind } from '@skein/core/internal'
import { OBJECTS } from './references.js'

/** Lets requests in until this runtime drains, and knows how many of them run. */
export class Admission {
  readonly #uid: string
  #running = 0
  #refusing: SkeinError | undefined
  #idle: (() => void)[] = []

  /** @param uid the runtime's, for errors */
  constructor(uid: string) {
    this.#uid = uid
  }

  /** @throws ERR_CLOSED for new work of others, once this runtime drains */
  admit(request: Incoming): void {
    if (this.#refusing !== undefined && !this.#isOld(request)) throw request.refuse(this.#refusing)
  }

  /** Counts a method that has been called as running until what it has returned settles. */
  follow(result: unknown): unknown {
    if (!types.isPromise(result)) return result
    this.#running += 1
    result.then(this.#ended, this.#ended)
    return result
  }

  /** Refuses what is new from now on, and resolves when nothing runs any more, or `close` is called. */
  drain(): Promise<void> {
    const uid = this.#uid
    this.#refusing ??= new SkeinError('ERR_CLOSED', `${uid} is stopping`, { uid, executed: 'no' })
    if (this.#running === 0) return Promise.resolve()
    return new Promise((resolve) => this.#idle.push(resolve))
  }

  /** Nobody waits for what runs any more. */
  close(): void {
    for (const resolve of this.#idle.splice(0)) resolve()
  }

  /** What runs here may need to call what else is here, and the owners and holders of objects to be told of each other. */
  #isOld({ from, message }: Incoming): boolean {
    if (from === this.#uid) return true
    return message.kind === Kind.call && message.service === OBJECTS && message.method !== 'create'
  }

  readonly #ended = (): void => {
    this.#running -= 1
    if (this.#running === 0) this.close()
  }
}
