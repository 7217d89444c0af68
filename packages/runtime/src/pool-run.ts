import { setMaxListeners } from 'node:events'
import { type Executed, SkeinError } from '@skein/core'
import { withOptions } from './proxy.js'
import type { Remote, RemoteObject } from './remote.js'

/** A worker of a pool, and the pool's object on it. */
export interface Member<T> {
  readonly uid: string
  readonly remote: RemoteObject<T>
}

/** What a run needs of its pool. */
export interface Crew<T> {
  readonly members: ReadonlySet<Member<T>>
  /** Whether workers are about to join. */
  readonly growing: boolean
  /** Whether an error means that a member was lost; it is retired then. */
  lost(member: Member<T>, error: unknown): error is SkeinError
  /** An item of a lost member is given to another. */
  redo(worker: string, index: number, executed: Executed): void
}

/** What is done with an item: asks the worker, and returns what becomes of it. */
export type Work<T, Item, Result> = (
  worker: Remote<T>,
  item: Item,
  index: number,
) => Result | PromiseLike<Result>

export interface RunSettings {
  readonly concurrency: number
  readonly lookahead: number | undefined
  readonly ordered: boolean
}

interface Task<Item> {
  readonly index: number
  readonly item: Item
}

/** Items per place to work at that may be begun and not yet taken: enough that one slow item holds up few others. */
const LOOKAHEAD = 4

/**
 * One `map` over a pool. Takes an item when a worker is free for it, so that nothing piles up before the workers, and
 * not more than `lookahead` beyond what was taken from it, so that nothing piles up behind them.
 */
export class PoolRun<T extends object, Item, Result> {
  readonly #crew: Crew<T>
  readonly #items: AsyncIterator<Item>
  readonly #work: Work<T, Item, Result>
  readonly #settings: RunSettings
  readonly #running = new Map<Member<T>, number>()
  readonly #remotes = new WeakMap<Member<T>, Remote<T>>()
  readonly #controller = new AbortController()
  /** To be given to a worker: at most one that is new, and those that were lost with theirs. */
  readonly #tasks: Task<Item>[] = []
  /** By index; in the order of their coming. */
  readonly #results = new Map<number, Result>()
  /** Items that were taken in, and results that were taken out. */
  #begun = 0
  #yielded = 0
  #source: 'open' | 'pulling' | 'exhausted' = 'open'
  #state:
    | { readonly kind: 'running' }
    | { readonly kind: 'failed'; readonly error: unknown }
    | { readonly kind: 'over' }
  #wake: () => void = () => {}

  constructor(crew: Crew<T>, items: AsyncIterator<Item>, work: Work<T, Item, Result>, settings: RunSettings) {
    this.#crew = crew
    this.#items = items
    this.#work = work
    this.#settings = settings
    this.#state = { kind: 'running' }
    // One listener for each request that is under way.
    setMaxListeners(0, this.#controller.signal)
  }

  /** Runs while it is iterated. However it ends, what is under way then is given up, and the items are closed. */
  async *results(): AsyncGenerator<Result, void, undefined> {
    try {
      for (;;) {
        const changed = new Promise<void>((resolve) => {
          this.#wake = resolve
        })
        this.pump()
        if (this.#state.kind === 'failed') throw this.#state.error
        const index = this.#ready()
        if (index !== undefined) {
          const result = this.#results.get(index)
          this.#results.delete(index)
          this.#yielded += 1
          this.pump() // there is room for another
          yield result as Result // `ready` has found it
        } else if (this.#isFinished) return
        else await changed
      }
    } finally {
      await this.#end()
    }
  }

  /** Gives free workers something to do. To be called whenever the pool has changed. */
  pump(): void {
    if (this.#state.kind !== 'running') return
    for (let member = this.#idlest(); member !== undefined; member = this.#idlest()) {
      const task = this.#tasks.shift()
      if (task === undefined) {
        if (this.#source === 'open' && this.#begun - this.#yielded < this.#lookahead) void this.#pull()
        return
      }
      void this.#give(task, member)
    }
    if (this.#crew.members.size === 0 && !this.#crew.growing && !this.#isFinished) this.fail(this.#deserted())
  }

  /** Ends the run with an error. */
  fail(error: unknown): void {
    if (this.#state.kind === 'running') this.#state = { kind: 'failed', error }
    this.#wake()
  }

  get #isFinished(): boolean {
    return this.#source === 'exhausted' && this.#yielded === this.#begun
  }

  get #lookahead(): number {
    const { lookahead, concurrency } = this.#settings
    return lookahead ?? LOOKAHEAD * concurrency * this.#crew.members.size
  }

  /** The index of the result that is next, if it is there. */
  #ready(): number | undefined {
    if (this.#settings.ordered) return this.#results.has(this.#yielded) ? this.#yielded : undefined
    for (const index of this.#results.keys()) return index
    return undefined
  }

  #idlest(): Member<T> | undefined {
    let idlest: Member<T> | undefined
    let least = this.#settings.concurrency
    for (const member of this.#crew.members) {
      const running = this.#running.get(member) ?? 0
      if (running >= least) continue
      idlest = member
      least = running
    }
    return idlest
  }

  async #pull(): Promise<void> {
    this.#source = 'pulling'
    try {
      const { done, value } = await this.#items.next()
      this.#source = done === true ? 'exhausted' : 'open'
      if (done !== true) this.#tasks.push({ index: this.#begun++, item: value })
    } catch (error) {
      this.#source = 'exhausted'
      this.fail(error)
    }
    this.#wake()
    this.pump()
  }

  async #give(task: Task<Item>, member: Member<T>): Promise<void> {
    this.#running.set(member, (this.#running.get(member) ?? 0) + 1)
    try {
      this.#results.set(task.index, await this.#work(this.#remote(member), task.item, task.index))
    } catch (error) {
      if (this.#state.kind !== 'running') return
      if (this.#crew.lost(member, error)) {
        this.#tasks.unshift(task)
        this.#crew.redo(member.uid, task.index, error.executed ?? 'maybe')
      } else this.fail(error)
    } finally {
      this.#running.set(member, (this.#running.get(member) ?? 1) - 1)
    }
    this.#wake()
    this.pump()
  }

  /** The member's object, asked through which everything is given up when the run ends. */
  #remote(member: Member<T>): Remote<T> {
    const known = this.#remotes.get(member)
    if (known !== undefined) return known
    const remote: Remote<T> = withOptions(member.remote, { signal: this.#controller.signal })
    this.#remotes.set(member, remote)
    return remote
  }

  async #end(): Promise<void> {
    this.#state = { kind: 'over' }
    this.#controller.abort(new SkeinError('ERR_CANCELLED', 'the map over the pool has ended'))
    if (this.#source === 'exhausted') return
    const closed = this.#items.return?.()
    // What waits for its next item can't be closed before that is there: it may never be.
    if (this.#source === 'pulling') closed?.catch(() => {})
    else await closed
  }

  #deserted(): SkeinError {
    const left = this.#begun - this.#yielded - this.#results.size
    const text = `all workers of the pool were lost, and ${left} items that were begun are not done`
    return new SkeinError('ERR_PEER_LOST', text, { executed: 'maybe' })
  }
}
