import { type ChildProcess, fork } from 'node:child_process'
import { systemClock } from '@skein/core/internal'
import { type Deferred, deferred } from '@skein/runner/internal'
import { HarnessError } from './errors.js'

/** What a process says of its own accord, beside its news. */
export type Signed =
  | { readonly kind: 'ready' }
  /** The order with that id is done, or has failed. */
  | {
      readonly kind: 'done'
      readonly id: number
      readonly error: string | undefined
      readonly value?: unknown
    }

/** Those orders that are answered, without their ids. */
export type AskedOf<Order> = Order extends { readonly id: number } ? Omit<Order, 'id'> : never

export interface OrderedProcessOptions<Asked> {
  /** The script that it runs. */
  readonly main: string
  /** Whose process it is, for people: `the audit`. */
  readonly of: string
  /** What asks it to end. */
  readonly stop: Asked
  /** A command that runs what follows it, and leaves its place to that. @default none: node itself is run */
  readonly within?: readonly string[] | undefined
}

/** How long an order may take that is answered, in milliseconds: far more than any does, so that nothing hangs. */
const ORDER_LIMIT = 20_000

/** How long a process may take to end that was asked to, in milliseconds, before it is killed. */
const END_LIMIT = 5000

/** A process that does what it is told, as whoever tells it sees it. */
export class OrderedProcess<
  Order extends object,
  Asked extends { readonly kind: string },
  News extends { readonly kind: string },
> {
  readonly ended: Promise<void>
  readonly #options: OrderedProcessOptions<Asked>
  readonly #child: ChildProcess
  readonly #ready = deferred()
  readonly #asked = new Map<number, Deferred<unknown>>()
  readonly #onNews: (news: News) => void
  #lastId = 0
  #hasEnded = false
  /** Why it could not be started. */
  #failure: Error | undefined

  constructor(options: OrderedProcessOptions<Asked>, onNews: (news: News) => void) {
    this.#options = options
    this.#onNews = onNews
    this.#child = start(options)
    this.#child.on('message', (message: News | Signed) => this.#told(message))
    this.ended = new Promise((resolve) => {
      this.#child.once('exit', () => resolve())
      this.#child.on('error', (error) => {
        // A signal or message that could not be sent any more: its end is what counts.
        if (this.#child.pid !== undefined) return
        this.#failure = error
        resolve()
      })
    })
    void this.ended.then(() => {
      this.#hasEnded = true
      const error = this.#gone()
      this.#ready.reject(error)
      for (const { reject } of this.#asked.values()) reject(error)
    })
    // Whoever waits for it learns of it; nobody has to.
    this.#ready.promise.catch(() => {})
  }

  get ready(): Promise<void> {
    return this.#ready.promise
  }

  tell(order: Order): void {
    if (!this.#hasEnded) this.#child.send(order, () => {})
  }

  /** Resolves when it is done, with what that gave. @throws HarnessError if that fails, takes far too long, or the process has ended */
  async ask<Value = void>(order: Asked, limit = ORDER_LIMIT): Promise<Value> {
    if (this.#hasEnded) throw this.#gone()
    const id = ++this.#lastId
    const done = deferred<unknown>()
    this.#asked.set(id, done)
    const timer = systemClock.after(limit, () => {
      done.reject(new HarnessError('ERR_NOT_IN_TIME', `'${order.kind}' was not done`, { timeoutMs: limit }))
    })
    this.#child.send({ ...order, id }, () => {})
    try {
      return (await done.promise) as Value
    } finally {
      timer.cancel()
      this.#asked.delete(id)
    }
  }

  /** Does nothing once it has ended. */
  signal(signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void {
    this.#child.kill(signal)
  }

  async kill(): Promise<void> {
    this.signal('SIGKILL')
    await this.ended
  }

  /** Asks it to end, and sees to it. */
  async end(): Promise<void> {
    const kill = systemClock.after(END_LIMIT, () => this.#child.kill('SIGKILL'))
    await this.ask(this.#options.stop, END_LIMIT).catch(() => {})
    if (this.#child.connected) this.#child.disconnect()
    await this.ended
    kill.cancel()
  }

  #told(message: News | Signed): void {
    if (isReady(message)) this.#ready.resolve()
    else if (isDone(message)) this.#settle(message)
    else this.#onNews(message)
  }

  #settle({ id, error, value }: Extract<Signed, { kind: 'done' }>): void {
    const done = this.#asked.get(id)
    if (error === undefined) done?.resolve(value)
    else done?.reject(misuse(`a member of ${this.#options.of} failed: ${error}`))
  }

  #gone(): HarnessError {
    return misuse(`a process of ${this.#options.of} has ended`, this.#failure)
  }
}

function start({ main, within = [] }: OrderedProcessOptions<unknown>): ChildProcess {
  const stdio = ['ignore', 'ignore', 'inherit', 'ipc'] as const
  const [command, ...args] = within
  if (command === undefined) return fork(main, { execArgv: [], stdio: [...stdio] })
  return fork(main, { execPath: command, execArgv: [...args, process.execPath], stdio: [...stdio] })
}

function isReady(message: { readonly kind: string }): message is Extract<Signed, { kind: 'ready' }> {
  return message.kind === 'ready'
}

function isDone(message: { readonly kind: string }): message is Extract<Signed, { kind: 'done' }> {
  return message.kind === 'done'
}

function misuse(message: string, cause?: Error): HarnessError {
  return new HarnessError('ERR_HARNESS_MISUSE', message, { cause })
}
