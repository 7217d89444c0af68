import { invalidOption } from '@skein/core/internal'
import type { RequesterOptions } from '../options.js'
import { type Surroundings, settleEndpoint } from '../surroundings.js'
import { REQUESTER_NAMES, Requester } from './requester.js'

interface Entry {
  readonly options: object
  readonly opening: Promise<Requester>
}

/** The Requesters of a Context: one for each endpoint. */
export class Requesters {
  readonly #surroundings: Surroundings
  readonly #entries = new Map<string, Entry>()

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings
  }

  /** The same Requester for the same endpoint. @throws ERR_INVALID_OPTION if the options differ */
  async add<Q, A>(endpoint: string, options: RequesterOptions<Q, A>): Promise<Requester<Q, A>> {
    const known = this.#entries.get(endpoint)
    if (known !== undefined) {
      settleEndpoint(endpoint, options, this.#surroundings, false, REQUESTER_NAMES)
      checkSame(endpoint, known.options, options)
    }
    const opening = known?.opening ?? this.#open(endpoint, options)
    // With the same schemas its types are the same; without any, they are what the caller says.
    return (await opening) as Requester<Q, A>
  }

  async close(): Promise<void> {
    const closing = [...this.#entries.values()].map(async ({ opening }) => (await opening).close())
    await Promise.allSettled(closing)
  }

  #open<Q, A>(endpoint: string, options: RequesterOptions<Q, A>): Promise<Requester> {
    const forget = (): void => void this.#entries.delete(endpoint)
    const opening = Requester.open(endpoint, options, this.#surroundings, forget) as Promise<Requester>
    this.#entries.set(endpoint, { options: { ...options }, opening })
    opening.catch(forget)
    return opening
  }
}

/**
 * Values that are given are compared as they are: a codec or schema has to be the very same. What is not given the second
 * time is as it was the first time.
 */
function checkSame(endpoint: string, first: object, second: object): void {
  for (const [name, given] of Object.entries(second)) {
    if (given !== undefined && given !== Reflect.get(first, name))
      throw invalidOption(name, given, `what the first addReq for ${endpoint} gave, or another endpoint`)
  }
}
