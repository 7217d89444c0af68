import { setMaxListeners } from 'node:events'
import { type Executed, SkeinError } from '@skein/core'
import type { Crew, Member, Redo } from './pool-crew.js'
import { noted } from './pool-error.js'
import { PoolItems } from './pool-items.js'
import { PoolResults } from './pool-results.js'
import type { Task } from './pool-task.js'
import { withOptions } from './proxy.js'
import type { Remote, RemoteObject } from './remote.js'
import { Stalled } from './stalled.js'

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
  readonly stallLimit: number
  readonly idempotent: boolean
}

/** Items per place to work at that may be begun and not yet taken: enough that one slow item holds up few others. */
const LOOKAHEAD = 4

/**
 * One `map` over a pool. Takes an item when a worker is free for it, so that nothing piles up before the workers, and
 * not more than `lookahead` beyond what was taken from it, so that nothing piles up behind them.
 */
export class PoolRun<T extends object, Item, Result> {
  readonly #crew: Crew<T>
  readonly #items: PoolItems<T, Item>
  readonly #results: PoolResults<Result>
  readonly #work: Work<T, Item, Result>
  readonly #settings: RunSettings
  readonly #running = new Map<Member<T>, Set<Task<T, Item>>>()
  readonly #stalled: Stalled<T>
  readonly #remotes = new WeakMap<Member<T>, Remote<T>>()
  readonly #controller = new AbortController()
  /** To be given to a worker: at most one that is new, and those whose workers were lost or are stalled. */
  readonly #tasks: Task<T, Item>[] = []
  #state:
    | { readonly kind: 'running' }
    | { readonly kind: 'failed'; readonly error: unknown }
    | { readonly kind: 'over' }
  #wake: () => void = () => {}

  constructor(crew: Crew<T>, items: AsyncIterator<Item>, work: Work<T, Item, Result>, settings: RunSettings) {
    this.#crew = crew
    this.#items = new PoolItems(items)
    this.#results = new PoolResults(settings.ordered)
    this.#work = work
    this.#settings = settings
    this.#state = { kind: 'running' }
    this.#stalled = new Stalled(crew, settings.stallLimit, {
      tooLong: (member) => this.#passOver(member),
      back: (member) => this.#isBack(member),
      again: () => this.pump(),
    })
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
        const next = this.#results.take()
        if (next !== undefined) {
          this.pump() // there is room for another
          yield next.result
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
    this.#stalled.look()
    for (let member = this.#idlest(); member !== undefined; member = this.#idlest()) {
      const task = this.#tasks.shift()
      if (task === undefined) {
        if (this.#items.isOpen && this.#items.begun - this.#results.taken < this.#lookahead) void this.#pull()
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
    return this.#items.isExhausted && this.#results.taken === this.#items.begun
  }

  get #lookahead(): number {
    const { lookahead, concurrency } = this.#settings
    return lookahead ?? LOOKAHEAD * concurrency * this.#crew.members.size
  }

  #idlest(): Member<T> | undefined {
    let idlest: Member<T> | undefined
    let least = this.#settings.concurrency
    for (const member of this.#crew.members) {
      const running = this.#running.get(member)?.size ?? 0
      if (running >= least || this.#stalled.has(member)) continue
      idlest = member
      least = running
    }
    return idlest
  }

  async #pull(): Promise<void> {
    try {
      const task = await this.#items.pull()
      if (task !== undefined) this.#tasks.push(task)
    } catch (error) {
      this.fail(error)
    }
    this.#wake()
    this.pump()
  }

  async #give(task: Task<T, Item>, member: Member<T>): Promise<void> {
    for (const stalled of task.members) this.#redo(task, stalled, 'stalled', 'maybe')
    const running = this.#running.get(member) ?? new Set()
    this.#running.set(member, running.add(task))
    try {
      const result = await this.#work(this.#remote(task, member), task.item, task.index)
      task.end(member)
      this.#done(task, result)
    } catch (error) {
      task.end(member)
      if (this.#state.kind === 'running' && !task.isDone) this.#failed(task, member, error)
    } finally {
      running.delete(task)
    }
    this.#wake()
    this.pump()
  }

  /** The first result counts: whoever else is at it gives it up. */
  #done(task: Task<T, Item>, result: Result): void {
    if (task.isDone) return
    task.isDone = true
    this.#results.add(task.index, result)
    const others = this.#tasks.indexOf(task)
    if (others !== -1) this.#tasks.splice(others, 1)
    const reason = new SkeinError('ERR_CANCELLED', 'another worker was the first to be done with it')
    task.giveUp(reason)
  }

  #failed(task: Task<T, Item>, member: Member<T>, error: unknown): void {
    if (!this.#crew.lost(member, error)) return this.fail(noted(error, member.uid, task.index))
    if (!task.isLeft(this.#stalled)) return // another is at it already
    if (!this.#tasks.includes(task)) this.#tasks.unshift(task)
    this.#redo(task, member, 'lost', error.executed ?? 'maybe')
  }

  #redo(task: Task<T, Item>, member: Member<T>, reason: Redo['reason'], executed: Executed): void {
    const { index } = task
    if (task.passOn(member)) this.#crew.redo({ worker: member.uid, index, executed, reason })
  }

  /** The member's object, asked through which everything is given up when the run ends, or the attempt. */
  #remote(task: Task<T, Item>, member: Member<T>): Remote<T> {
    const { stallLimit, idempotent } = this.#settings
    if (idempotent && stallLimit < Number.POSITIVE_INFINITY) {
      const controller = new AbortController()
      task.begin(member, controller)
      return asked(member.remote, controller.signal)
    }
    task.begin(member)
    const known = this.#remotes.get(member)
    if (known !== undefined) return known
    const remote = asked(member.remote, this.#controller.signal)
    this.#remotes.set(member, remote)
    return remote
  }

  /** What a stalled worker has may be running, and is given to others only if that does no harm. */
  #passOver(member: Member<T>): void {
    if (!this.#settings.idempotent) return
    const tasks = [...(this.#running.get(member) ?? [])]
    this.#tasks.unshift(...tasks.filter((task) => !task.isDone && task.isLeft(this.#stalled)))
  }

  /** It goes on, also with what no other has begun meanwhile. */
  #isBack(member: Member<T>): void {
    const left = this.#tasks.filter((task) => !task.isWith(member))
    this.#tasks.splice(0, this.#tasks.length, ...left)
  }

  async #end(): Promise<void> {
    this.#state = { kind: 'over' }
    this.#stalled.close()
    const reason = new SkeinError('ERR_CANCELLED', 'the map over the pool has ended')
    this.#controller.abort(reason)
    for (const tasks of this.#running.values()) {
      for (const task of tasks) task.giveUp(reason)
    }
    await this.#items.close()
  }

  #deserted(): SkeinError {
    const left = this.#items.begun - this.#results.taken - this.#results.waiting
    const text = `all workers of the pool were lost, and ${left} items that were begun are not done`
    return new SkeinError('ERR_PEER_LOST', text, { executed: 'maybe' })
  }
}

function asked<T>(remote: RemoteObject<T>, signal: AbortSignal): Remote<T> {
  // One listener for each request that is under way.
  setMaxListeners(0, signal)
  return withOptions(remote, { signal })
}
