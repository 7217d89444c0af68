import { Task } from './pool-task.js'

/** The items of a run, which are taken in one at a time. */
export class PoolItems<T, Item> {
  readonly #items: AsyncIterator<Item>
  #state: 'open' | 'pulling' | 'exhausted' = 'open'
  #begun = 0

  constructor(items: AsyncIterator<Item>) {
    this.#items = items
  }

  /** How many were taken in. */
  get begun(): number {
    return this.#begun
  }

  /** Whether the next one can be pulled now. */
  get isOpen(): boolean {
    return this.#state === 'open'
  }

  get isExhausted(): boolean {
    return this.#state === 'exhausted'
  }

  /**
   * Resolves with the next one, or with nothing when there is none left.
   *
   * @throws what the items throw; there are none left then
   */
  async pull(): Promise<Task<T, Item> | undefined> {
    this.#state = 'pulling'
    try {
      const { done, value } = await this.#items.next()
      this.#state = done === true ? 'exhausted' : 'open'
      return done === true ? undefined : new Task(this.#begun++, value)
    } catch (error) {
      this.#state = 'exhausted'
      throw error
    }
  }

  async close(): Promise<void> {
    if (this.#state === 'exhausted') return
    const closed = this.#items.return?.()
    // What waits for its next item can't be closed before that is there: it may never be.
    if (this.#state === 'pulling') closed?.catch(() => {})
    else await closed
  }
}
