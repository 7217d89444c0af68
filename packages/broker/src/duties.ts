import { type Incoming, SkeinError } from '@skein/core'
import type { Methods, Service } from '@skein/runtime/internal'
import { checkKeyword } from './names.js'

/** What a handler can know of the request that it runs for. */
export interface WorkContext extends Pick<Incoming, 'signal' | 'timeLeft' | 'deadline'> {
  readonly service: string
  readonly keyword: string
  /** The name of the client that asks. */
  readonly client: string
}

/** What a worker does for a keyword. What it returns, or yields, is the answer. */
export type Handler<T = unknown> = (payload: T, context: WorkContext) => unknown

/** What a worker does when its broker asks: runs a handler, or tells when that has ended. */
export class Duties {
  /** For `Runtime.provide`. */
  readonly service: Service = new Map([
    [
      'run',
      ([ticket, keyword, payload, client], request) =>
        this.#run(Number(ticket), checkKeyword(keyword), payload, String(client), request),
    ],
    ['over', ([ticket]) => this.#over(Number(ticket))],
  ])
  readonly #name: string
  readonly #handlers: Map<string, Handler>
  /** What runs, by its ticket, and who waits for its end. */
  readonly #running = new Map<number, (() => void)[]>()

  constructor(name: string, handlers: object, methods: Methods) {
    this.#name = name
    this.#handlers = new Map(
      [...methods].map(([keyword, method]) => [
        keyword,
        (payload, context) => Reflect.apply(method, handlers, [payload, context]),
      ]),
    )
  }

  /** Takes the place of what there was for the keyword; what runs goes on. */
  set<T>(keyword: string, handler: Handler<T>): void {
    this.#handlers.set(keyword, (payload, context) => Reflect.apply(handler, undefined, [payload, context]))
  }

  delete(keyword: string): void {
    this.#handlers.delete(keyword)
  }

  #run(ticket: number, keyword: string, payload: unknown, client: string, request: Incoming): unknown {
    const handler = this.#handlers.get(keyword)
    if (handler === undefined) {
      const text = `this worker of '${this.#name}' has no keyword '${keyword}'`
      const facts = { service: this.#name, method: keyword, executed: 'no' } as const
      throw request.refuse(new SkeinError('ERR_NO_SUCH_METHOD', text, facts))
    }
    const waiting: (() => void)[] = []
    this.#running.set(ticket, waiting)
    request.whenOver(() => {
      this.#running.delete(ticket)
      for (const resolve of waiting) resolve()
    })
    return handler(payload, new Context(this.#name, keyword, client, request))
  }

  /** Resolves when what has that ticket is over; at once if it is, or never ran. */
  async #over(ticket: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const waiting = this.#running.get(ticket)
      if (waiting === undefined) resolve()
      else waiting.push(resolve)
    })
  }
}

/** Its signal is made when somebody asks for it. */
class Context implements WorkContext {
  readonly #request: Incoming

  constructor(
    readonly service: string,
    readonly keyword: string,
    readonly client: string,
    request: Incoming,
  ) {
    this.#request = request
  }

  get signal(): AbortSignal {
    return this.#request.signal
  }

  get timeLeft(): number {
    return this.#request.timeLeft
  }

  get deadline(): number {
    return this.#request.deadline
  }
}
