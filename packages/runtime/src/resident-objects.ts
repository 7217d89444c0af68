import { type Incoming, type Logger, SkeinError } from '@skein/core'
import { type Methods, methodsOf } from './exposure.js'

/** An object that lives here and is used from elsewhere. */
export class Resident {
  /** How many holds and claims there are on it. */
  holds = 0
  /** How many of its methods run. */
  running = 0
  /** Set once it is going, or gone. */
  disposal: Promise<void> | undefined

  constructor(
    readonly type: string,
    readonly id: string,
    readonly value: object,
    readonly methods: Methods,
  ) {}
}

/** Keeps an object until somebody holds it, who then decides how long it lives. */
export interface Claim {
  readonly resident: Resident
  live: boolean
}

/** A runtime that holds objects of ours: one instance of it. */
interface Holder {
  readonly instance: string
  /** What it holds, by ticket. */
  readonly holds: Map<string, Resident>
}

/** What is asked of a resident object. */
export interface ObjectRequest {
  readonly type: string
  readonly object: string
  readonly method: string
  readonly args: readonly unknown[]
}

/**
 * The resident objects of this runtime, and who holds them. A hold is a ticket: a name that whoever handed the object
 * out has made up, and that its holder gives back. An object is disposed when its last ticket is gone, given back or by
 * the death of its holder, and none of its methods runs any more.
 */
export class ResidentObjects {
  readonly #residents = new Map<string, Resident>()
  readonly #byValue = new WeakMap<object, Resident>()
  readonly #holders = new Map<string, Holder>()
  readonly #uid: string
  readonly #makeId: () => string
  readonly #logger: Logger
  #closed = false

  /** @param uid the runtime's, for errors */
  constructor(uid: string, makeId: () => string, logger: Logger) {
    this.#uid = uid
    this.#makeId = makeId
    this.#logger = logger
  }

  get size(): number {
    return this.#residents.size
  }

  /** Runs a method of a resident object. */
  run({ type, object, method, args }: ObjectRequest, request: Incoming): unknown {
    const resident = this.find(type, object)
    if (resident === undefined) throw request.refuse(this.#noSuchObject(type, object))
    const run = resident.methods.get(method)
    if (run === undefined) {
      const uid = this.#uid
      const text = `${type} at ${uid} has no method '${method}'; it has ${[...resident.methods.keys()].join(', ')}`
      const facts = { uid, object: `${type}#${object}`, method, executed: 'no' } as const
      throw request.refuse(new SkeinError('ERR_NO_SUCH_METHOD', text, facts))
    }
    const result: unknown = Reflect.apply(run, resident.value, args)
    if (typeof result !== 'object' || result === null) return result
    // A promise or a stream may go on using it.
    resident.running += 1
    request.whenOver(() => {
      resident.running -= 1
      void this.#disposeIfFree(resident)
    })
    return result
  }

  find(type: string, id: string): Resident | undefined {
    const resident = this.#residents.get(id)
    return resident?.type === type ? resident : undefined
  }

  /** @throws ERR_NO_SUCH_OBJECT if it isn't here, or not any more */
  get(type: string, id: string): Resident {
    const resident = this.find(type, id)
    if (resident === undefined) throw this.#noSuchObject(type, id)
    return resident
  }

  // Who keeps them

  /**
   * Makes an object a resident, if it isn't one, and claims it.
   *
   * @throws ERR_INVALID_OPTION for what can't be exposed, ERR_CLOSED
   */
  adopt(value: object): Claim {
    if (this.#closed) throw new SkeinError('ERR_CLOSED', 'this runtime is stopping', { executed: 'no' })
    const resident = this.#residentFor(value)
    resident.holds += 1
    return { resident, live: true }
  }

  /** Gives a claim up. Resolves once the object has been disposed, if nobody holds it. */
  async unclaim(claim: Claim): Promise<void> {
    if (!claim.live) return
    claim.live = false
    claim.resident.holds -= 1
    await this.#disposeIfFree(claim.resident)
  }

  /** Takes a claim up again. */
  reclaim(claim: Claim): void {
    claim.live = true
    claim.resident.holds += 1
  }

  /** Gives an instance of a peer a hold. A ticket that it has already changes nothing. */
  hold(resident: Resident, uid: string, instance: string, ticket: string): void {
    let holder = this.#holders.get(uid)
    if (holder?.instance !== instance) {
      if (holder !== undefined) this.lose(uid, holder.instance)
      holder = { instance, holds: new Map() }
      this.#holders.set(uid, holder)
    }
    if (holder.holds.has(ticket)) return
    holder.holds.set(ticket, resident)
    resident.holds += 1
  }

  /** Holds are given back. Resolves once what is thereby free has been disposed. Unknown tickets are passed over. */
  async release(uid: string, tickets: readonly string[]): Promise<void> {
    const holder = this.#holders.get(uid)
    if (holder === undefined) return
    const freed: Promise<void>[] = []
    for (const ticket of tickets) {
      const resident = holder.holds.get(ticket)
      if (resident === undefined) continue
      holder.holds.delete(ticket)
      resident.holds -= 1
      freed.push(this.#disposeIfFree(resident))
    }
    if (holder.holds.size === 0) this.#holders.delete(uid)
    await Promise.all(freed)
  }

  /** An instance of a peer is gone, and all its holds with it. */
  lose(uid: string, instance: string): void {
    const holder = this.#holders.get(uid)
    if (holder?.instance === instance) void this.release(uid, [...holder.holds.keys()])
  }

  /** Disposes all objects, and takes no more. */
  async close(): Promise<void> {
    this.#closed = true
    this.#holders.clear()
    await Promise.all([...this.#residents.values()].map((resident) => this.#dispose(resident)))
  }

  #noSuchObject(type: string, id: string): SkeinError {
    const object = `${type}#${id}`
    const uid = this.#uid
    const text = `there is no object ${object} at ${uid}: it was let go of by all who held it, or was never there`
    return new SkeinError('ERR_NO_SUCH_OBJECT', text, { uid, object, executed: 'no' })
  }

  #residentFor(value: object): Resident {
    const known = this.#byValue.get(value)
    if (known !== undefined && known.disposal === undefined) return known
    const methods = methodsOf(value, 'the object')
    const resident = new Resident(typeOf(value), this.#makeId(), value, methods)
    this.#byValue.set(value, resident)
    this.#residents.set(resident.id, resident)
    return resident
  }

  async #disposeIfFree(resident: Resident): Promise<void> {
    if (resident.holds === 0 && resident.running === 0) await this.#dispose(resident)
  }

  #dispose(resident: Resident): Promise<void> {
    resident.disposal ??= this.#end(resident)
    return resident.disposal
  }

  /** An object's own failure to end is logged: nobody is left to be told. */
  async #end({ type, id, value }: Resident): Promise<void> {
    this.#residents.delete(id)
    try {
      await disposerOf(value)?.()
    } catch (error) {
      this.#logger.error({ object: `${type}#${id}`, error }, 'an object has thrown while it was disposed')
    }
  }
}

/** The name of its class. */
function typeOf(value: object): string {
  const name: unknown = Object.getPrototypeOf(value)?.constructor?.name
  return typeof name === 'string' && name !== '' ? name : 'Object'
}

function disposerOf(value: object): (() => unknown) | undefined {
  const disposer: unknown = Reflect.get(value, Symbol.asyncDispose) ?? Reflect.get(value, Symbol.dispose)
  return typeof disposer === 'function' ? () => Reflect.apply(disposer, value, []) : undefined
}
