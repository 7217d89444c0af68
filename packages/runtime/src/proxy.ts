import { inspect } from 'node:util'
import type { Reply, RequestOptions } from '@skein/core'
import { invalidOption } from '@skein/core/internal'
import { isRemoteName } from './names.js'
import { checkOptions, REQUEST_CHECKS } from './options.js'
import type { Remote } from './remote.js'

/** What is behind a proxy: a service, or a resident object. */
export interface Door {
  /** Where it lives, and what it is, for people: `worker:0:1 math`. */
  describe(): string
  request(method: string, args: readonly unknown[], options: RequestOptions): Reply
  /** Lets go of it; undefined for what isn't counted. */
  readonly release: (() => Promise<void>) | undefined
}

type RemoteFunction = (...args: unknown[]) => Reply

const targets = new WeakMap<object, ProxyTarget>()

/** The object under a proxy. A class of its own, so that the codec takes a proxy for no record. */
class ProxyTarget {
  readonly #door: Door
  readonly #options: RequestOptions
  readonly #methods = new Map<string, RemoteFunction>()

  constructor(door: Door, options: RequestOptions) {
    this.#door = door
    this.#options = options
  }

  get door(): Door {
    return this.#door
  }

  get options(): RequestOptions {
    return this.#options
  }

  method(name: string): RemoteFunction {
    const known = this.#methods.get(name)
    if (known !== undefined) return known
    const made: RemoteFunction = (...args) => this.#door.request(name, args, this.#options)
    this.#methods.set(name, made)
    return made
  }

  readonly toString = (): string => `Remote(${this.#door.describe()})`;

  [inspect.custom](): string {
    return this.toString()
  }
}

/** Every name is a method, but those that mean something to JavaScript; symbols mean nothing but letting go. */
const handler: ProxyHandler<ProxyTarget> = {
  get(target, property) {
    if (property === Symbol.asyncDispose) return target.door.release
    if (property === 'toString') return target.toString
    if (typeof property === 'symbol' || !isRemoteName(property)) return undefined
    return target.method(property)
  },
  has: (target, property) => property === Symbol.asyncDispose && target.door.release !== undefined,
  defineProperty: () => false,
  deleteProperty: () => false,
  setPrototypeOf: () => false,
  ownKeys: () => [],
  getOwnPropertyDescriptor: () => undefined,
}

/** A local stand-in for what is behind a door. Its shape is the caller's word, as with any remote call. */
export function proxyFor<R extends object>(door: Door, options: RequestOptions = {}): R {
  const target = new ProxyTarget(door, options)
  const proxy = new Proxy(target, handler)
  targets.set(proxy, target)
  return proxy as object as R
}

export function doorOf(value: object): Door | undefined {
  return targets.get(value)?.door
}

export function isProxy(value: unknown): boolean {
  return typeof value === 'object' && value !== null && targets.has(value)
}

/**
 * The same service or object through other options: `withOptions(math, { timeout: 500 }).add(1, 2)`. What is not given
 * stays as it is with `proxy`. Both are one hold: letting go of either lets go of the object.
 *
 * @throws ERR_INVALID_OPTION for a wrong option, and for what is no proxy; an object that came back to its owner is none
 */
export function withOptions<R extends object>(proxy: R, options: RequestOptions): R {
  const target = targets.get(proxy)
  if (target === undefined)
    throw invalidOption('proxy', proxy, 'a proxy of what is elsewhere: what is here itself has no options')
  return proxyFor<R>(target.door, { ...target.options, ...checkOptions(options, REQUEST_CHECKS) })
}

/**
 * Lets go of a resident object, and resolves once its owner knows, or is gone. Does nothing for a service, or for what
 * is no proxy: an object at its owner is nobody's to let go of.
 */
export async function release(proxy: Remote<object>): Promise<void> {
  await doorOf(proxy)?.release?.()
}
