import { SkeinError } from '@skein/core'
import { Fifo } from '@skein/core/internal'

/** What somebody who watches has not taken yet; far more than ever change between two looks. */
const MOST_UNREAD = 10_000

/** Hands what is pushed to one reader, in order. */
export class Feed<T> {
  readonly #unread = new Fifo<T>()
  #end: SkeinError | 'closed' | undefined
  #wake: (() => void) | undefined

  push(item: T): void {
    if (this.#end !== undefined) return
    this.#unread.push(item)
    if (this.#unread.length > MOST_UNREAD) {
      const text = `more than ${MOST_UNREAD} changes were not read; read faster, or watch less`
      this.#close(new SkeinError('ERR_OVERLOADED', text, { limit: MOST_UNREAD }))
    } else this.#wake?.()
  }

  /** The reader gets what is there, and then its end. */
  close(): void {
    this.#close('closed')
  }

  /** @throws ERR_OVERLOADED if too much was left unread */
  async *read(): AsyncGenerator<T, void, void> {
    for (;;) {
      for (let item = this.#unread.shift(); item !== undefined; item = this.#unread.shift()) yield item
      if (this.#end === 'closed') return
      if (this.#end !== undefined) throw this.#end
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  #close(end: SkeinError | 'closed'): void {
    this.#end ??= end
    this.#wake?.()
  }
}
