/** The results of a run until they are taken out: in the order of their items, or of their coming. */
export class PoolResults<Result> {
  readonly #isOrdered: boolean
  /** By the indices of their items. */
  readonly #waiting = new Map<number, { readonly result: Result }>()
  #taken = 0

  constructor(isOrdered: boolean) {
    this.#isOrdered = isOrdered
  }

  /** How many were taken out. */
  get taken(): number {
    return this.#taken
  }

  /** How many there are. */
  get waiting(): number {
    return this.#waiting.size
  }

  add(index: number, result: Result): void {
    this.#waiting.set(index, { result })
  }

  /** Takes out the one that is next, if it is there. */
  take(): { readonly result: Result } | undefined {
    const index = this.#isOrdered ? this.#taken : this.#waiting.keys().next().value
    const next = index === undefined ? undefined : this.#waiting.get(index)
    if (index === undefined || next === undefined) return undefined
    this.#waiting.delete(index)
    this.#taken += 1
    return next
  }
}
