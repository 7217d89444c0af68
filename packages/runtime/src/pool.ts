import { type PeerChange, type PeerKind, SkeinError } from '@skein/core'
import { type Instant, invalidOption } from '@skein/core/internal'
import { EventEmitter } from 'eventemitter3'
import { byNumber } from './live-workers.js'
import { each, type Items, isIterable, type MapOptions, settingsOf } from './map-options.js'
import type { Crew, Member, Redo } from './pool-crew.js'
import { isGone, isLossOf } from './pool-loss.js'
import { releaseAt } from './pool-release.js'
import { PoolRun, type Work } from './pool-run.js'
import { release } from './proxy.js'
import type { RemoteObject } from './remote.js'
import type { Runtime } from './runtime.js'

export interface PoolEvents {
  redo: (redo: Redo) => void
  /** A worker has joined. */
  joined: (uid: string) => void
  /** A worker was lost. */
  lost: (uid: string) => void
}

/**
 * The workers as one: an object of one class on each of them, and work spread over them. A worker that is lost is
 * retired, and its items are given to others: what it was doing may then be done twice. For no other reason is anything
 * done again, unless `stallLimit` and `idempotent` say so.
 */
export class Pool<T extends object> extends EventEmitter<PoolEvents> {
  readonly #runtime: Runtime
  readonly #create: (uid: string) => Promise<RemoteObject<T>>
  readonly #wanted: ReadonlySet<string> | undefined
  readonly #members = new Set<Member<T>>()
  readonly #joining = new Set<string>()
  /** The members that say nothing, and since when. */
  readonly #stalled = new Map<string, Instant>()
  readonly #runs = new Set<{ pump(): void; fail(error: unknown): void }>()
  readonly #crew: Crew<T>
  #closed: Promise<void> | undefined

  /** @internal Use `openPool`. */
  constructor(
    runtime: Runtime,
    create: (uid: string) => Promise<RemoteObject<T>>,
    wanted?: ReadonlySet<string>,
  ) {
    super()
    this.#runtime = runtime
    this.#create = create
    this.#wanted = wanted
    this.#crew = this.#newCrew()
    runtime.on('peer', this.#changed)
  }

  /** The uids of those that work, in the order of their numbers. */
  get workers(): readonly string[] {
    return [...this.#members].map(({ uid }) => uid).sort(byNumber)
  }

  /**
   * Does something with every item, and gives the results. `work` is handed the object on the worker that the item falls
   * to. Nothing begins before the first result is asked for; leaving the loop ends it.
   *
   * ```ts
   * for await (const n of pool.map(ranges, (primes, [from, to]) => primes.count(from, to))) total += n
   * ```
   *
   * Throws what `work` or the items throw; of an error of `work`, `worker` and `item` say at which worker and with which
   * item, counted from 0, unless it has such properties of its own. Throws ERR_PEER_LOST if all workers are lost; what is under way is cancelled
   * then.
   *
   * @throws ERR_INVALID_OPTION
   */
  map<Item, Result>(
    items: Items<Item>,
    work: Work<T, Item, Result>,
    options: MapOptions = {},
  ): AsyncGenerator<Result, void, undefined> {
    if (!isIterable(items)) throw invalidOption('items', items, 'an iterable or async iterable')
    if (typeof work !== 'function')
      throw invalidOption('work', work, 'a function that is given the worker and the item')
    return this.#results(new PoolRun(this.#crew, each(items), work, settingsOf(options)))
  }

  /** As `map`, for what has no results. Resolves when all items are done. */
  async forEach<Item>(
    items: Items<Item>,
    work: Work<T, Item, unknown>,
    options: Omit<MapOptions, 'ordered'> = {},
  ): Promise<void> {
    const settings = { ...settingsOf(options), ordered: false }
    for await (const _ of this.map(items, work, settings));
  }

  /**
   * Ends what runs with ERR_CLOSED, and lets go of the objects: resolves once their workers know, but for those that are
   * stalled. May be called twice.
   */
  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /**
   * Takes a worker in. A worker that is lost meanwhile is none.
   *
   * @throws what creating the object throws
   * @internal
   */
  async join(uid: string): Promise<void> {
    this.#joining.add(uid)
    try {
      const member = { uid, remote: await this.#create(uid) }
      if (this.#closed !== undefined) return await release(member.remote)
      this.#members.add(member)
      this.emit('joined', uid)
    } catch (error) {
      if (!isLossOf(uid, error)) throw error
    } finally {
      this.#joining.delete(uid)
      this.#pump()
    }
  }

  async *#results<Item, Result>(run: PoolRun<T, Item, Result>): AsyncGenerator<Result, void, undefined> {
    if (this.#closed !== undefined) throw closed()
    this.#runs.add(run)
    try {
      yield* run.results()
    } finally {
      this.#runs.delete(run)
    }
  }

  readonly #changed = ({ uid, was, is }: PeerChange): void => {
    const member = [...this.#members].find((member) => member.uid === uid)
    if (member !== undefined) {
      if (is === 'dead' || is === 'left') this.#retire(member)
      else this.#judge(member, is)
      return
    }
    const hasCome = is === 'known' || (is === 'alive' && (was === 'connecting' || was === 'shaking'))
    if (!hasCome || this.#joining.has(uid) || !this.#isWanted(uid)) return
    this.join(uid).catch((error: unknown) => {
      this.#runtime.comms.logger.warn({ uid, error }, 'a worker could not be taken into the pool')
    })
  }

  #isWanted(uid: string): boolean {
    if (this.#wanted !== undefined) return this.#wanted.has(uid)
    return this.#runtime.comms.entryOf(uid)?.roles.includes('worker') ?? false
  }

  #judge({ uid }: Member<T>, is: PeerKind): void {
    const wasSilent = this.#stalled.has(uid)
    if (SILENT.has(is) === wasSilent) return
    if (wasSilent) this.#stalled.delete(uid)
    else this.#stalled.set(uid, this.#runtime.clock.now())
    this.#pump()
  }

  #retire(member: Member<T>): void {
    if (!this.#members.delete(member)) return
    this.#stalled.delete(member.uid)
    this.emit('lost', member.uid)
    this.#pump()
  }

  #pump(): void {
    for (const run of this.#runs) run.pump()
  }

  async #close(): Promise<void> {
    this.#runtime.off('peer', this.#changed)
    const members = [...this.#members]
    this.#members.clear()
    for (const run of this.#runs) run.fail(closed())
    await Promise.all(members.map((member) => releaseAt(this.#runtime, member)))
  }

  #newCrew(): Crew<T> {
    const joining = this.#joining
    return {
      members: this.#members,
      get growing() {
        return joining.size > 0
      },
      lost: (member, error): error is SkeinError => {
        if (!isLossOf(member.uid, error) && !isGone(member.remote, error)) return false
        this.#retire(member)
        return true
      },
      clock: this.#runtime.clock,
      stalledSince: ({ uid }) => this.#stalled.get(uid),
      redo: (redo) => this.emit('redo', redo),
    }
  }
}

/** States of a worker that says nothing, and is not gone: the time that it spends in them counts as one. */
const SILENT: ReadonlySet<PeerKind> = new Set(['stalled', 'suspect', 'unreachable'])

function closed(): SkeinError {
  return new SkeinError('ERR_CLOSED', 'the pool was closed')
}
