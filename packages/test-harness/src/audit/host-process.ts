import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { systemClock } from '@skein/core/internal'
import { type Deferred, deferred } from '@skein/launch/internal'
import { HarnessError } from '../errors.js'
import type { Asked, News, Order } from './orders.js'

const MAIN = fileURLToPath(new URL('../../bin/audit-host.mjs', import.meta.url))

/** How long an order may take that is answered, in milliseconds: far more than any does, so that nothing hangs. */
const ORDER_LIMIT = 20_000

/** How long a process may take to end that was asked to, in milliseconds, before it is killed. */
const END_LIMIT = 5000

/** A process with members in it, as the auditor sees it. */
export class HostProcess {
  readonly ended: Promise<void>
  readonly #child: ChildProcess
  readonly #ready = deferred()
  readonly #asked = new Map<number, Deferred<void>>()
  readonly #onNews: (news: News) => void
  #lastId = 0
  #hasEnded = false

  constructor(onNews: (news: News) => void) {
    this.#onNews = onNews
    const child = fork(MAIN, { execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
    this.#child = child
    child.on('message', (news: News) => this.#told(news))
    // A signal or message that could not be sent any more: its end is what counts.
    child.on('error', () => {})
    this.ended = new Promise((resolve) => child.once('exit', () => resolve()))
    void this.ended.then(() => {
      this.#hasEnded = true
      const error = new HarnessError('ERR_HARNESS_MISUSE', 'a process of the audit has ended')
      this.#ready.reject(error)
      for (const { reject } of this.#asked.values()) reject(error)
    })
  }

  get ready(): Promise<void> {
    return this.#ready.promise
  }

  tell(order: Order): void {
    if (!this.#hasEnded) this.#child.send(order, () => {})
  }

  /** Resolves when it is done. @throws HarnessError if that fails, takes far too long, or the process has ended */
  async ask(order: Asked, limit = ORDER_LIMIT): Promise<void> {
    if (this.#hasEnded) throw new HarnessError('ERR_HARNESS_MISUSE', 'a process of the audit has ended')
    const id = ++this.#lastId
    const done = deferred()
    this.#asked.set(id, done)
    const timer = systemClock.after(limit, () => {
      done.reject(new HarnessError('ERR_NOT_IN_TIME', `'${order.kind}' was not done`, { timeoutMs: limit }))
    })
    this.tell({ ...order, id })
    try {
      await done.promise
    } finally {
      timer.cancel()
      this.#asked.delete(id)
    }
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.ended
  }

  /** Asks it to end, and sees to it. */
  async end(): Promise<void> {
    const kill = systemClock.after(END_LIMIT, () => this.#child.kill('SIGKILL'))
    await this.ask({ kind: 'stop' }, END_LIMIT).catch(() => {})
    if (this.#child.connected) this.#child.disconnect()
    await this.ended
    kill.cancel()
  }

  #told(news: News): void {
    if (news.kind === 'ready') this.#ready.resolve()
    if (news.kind !== 'done') return this.#onNews(news)
    const done = this.#asked.get(news.id)
    if (news.error === undefined) done?.resolve()
    else done?.reject(new HarnessError('ERR_HARNESS_MISUSE', `a member of the audit failed: ${news.error}`))
  }
}
