interface Audience {
  readonly contexts: ReadonlySet<string>
  /** The number of the first message that all of them are sent. */
  readonly since: number
}

/** Since which message of this context the audience of a channel has been the same, or has but shrunk. */
export class Audiences {
  readonly #interested: (key: string) => ReadonlyMap<string, unknown>
  readonly #known = new Map<string, Audience>()
  readonly #current = new Set<string>()

  /** @param interested the contexts that are reached and want a channel */
  constructor(interested: (key: string) => ReadonlyMap<string, unknown>) {
    this.#interested = interested
  }

  /** The network has changed. */
  changed(): void {
    this.#current.clear()
  }

  /** @param seq the number of the message that is being sent */
  since(key: string, seq: number): number {
    const known = this.#known.get(key)
    if (known !== undefined && this.#current.has(key)) return known.since
    const contexts = new Set(this.#interested(key).keys())
    const hasGrown = known === undefined || [...contexts].some((each) => !known.contexts.has(each))
    const since = hasGrown ? seq : known.since
    this.#known.set(key, { contexts, since })
    this.#current.add(key)
    return since
  }
}
