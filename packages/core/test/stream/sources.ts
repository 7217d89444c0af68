import { expect } from '@jest/globals'

/** An async iterator under a test's control: items, an end or an error come when the test says so. */
export class Tap<T> implements AsyncIterableIterator<T, unknown> {
  /** How often each was called. */
  asked = 0
  returned = 0
  readonly #asking: { resolve(result: IteratorResult<T, unknown>): void; reject(error: unknown): void }[] = []

  next(): Promise<IteratorResult<T, unknown>> {
    this.asked += 1
    return new Promise((resolve, reject) => this.#asking.push({ resolve, reject }))
  }

  /** As an iterator that ignores it: what was asked for stays unanswered. */
  return(): Promise<IteratorResult<T, unknown>> {
    this.returned += 1
    return new Promise(() => {})
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  give(value: T): void {
    this.#asking.shift()?.resolve({ done: false, value })
  }

  end(value?: unknown): void {
    this.#asking.shift()?.resolve({ done: true, value })
  }

  fail(error: unknown): void {
    this.#asking.shift()?.reject(error)
  }
}

/** What has become of a generator. */
export interface Trace {
  produced: number
  /** How often its `finally` ran. */
  finished: number
}

/** Counts up without ever waiting, and tells what it did. */
export async function* counting(
  trace: Trace,
  until = Number.POSITIVE_INFINITY,
): AsyncGenerator<number, string> {
  try {
    for (let n = 0; n < until; n++) {
      trace.produced += 1
      yield n
    }
    return 'counted'
  } finally {
    trace.finished += 1
  }
}

export function newTrace(): Trace {
  return { produced: 0, finished: 0 }
}

export async function read<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = []
  for await (const item of stream) items.push(item)
  return items
}

export function webStream(items: unknown[]): ReadableStream {
  return new ReadableStream({
    start(controller) {
      for (const item of items) controller.enqueue(item)
      controller.close()
    },
  })
}

export function unreturnable(items: unknown[]): AsyncIterable<unknown> {
  const left = items.values()
  return { [Symbol.asyncIterator]: () => ({ next: async () => left.next() }) }
}

/** What `Pair.outcome` gives for a promise that rejected with an error of these facts. */
export function threw(facts: object) {
  return { threw: expect.objectContaining(facts) }
}
