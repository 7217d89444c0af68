import { type Dispatch, type Incoming, SkeinError } from '@skein/core'
import { describe, invalidOption, Kind } from '@skein/core/internal'
import { methodsOf } from './exposure.js'
import type { ResidentObjects } from './resident-objects.js'

/** Runs a request: returns its result or a promise of it, or throws. */
export type Next = (request: Incoming) => unknown

/**
 * Stands between a request and what it asks for: sees it, refuses it, changes its result. Calls `next` once, or not at
 * all.
 */
export type Middleware = (request: Incoming, next: Next) => unknown

/** One method of a service. */
export type Handler = (args: readonly unknown[], request: Incoming) => unknown

/** The methods of a service, by name. */
export type Service = ReadonlyMap<string, Handler>

/** What `expose` has put under a name. */
export interface Exposed {
  /** Takes it back: calls that come from now on are refused. May be called twice. */
  withdraw(): void
}

const NAME = /^[A-Za-z][\w.-]{0,127}$/
const BUILT_IN = 'skein.'

/** Leads each request to the service or resident object that it asks for. */
export class Dispatcher {
  readonly #services = new Map<string, Service>()
  readonly #uid: string
  readonly #objects: ResidentObjects
  readonly #middleware: Middleware[] = []
  #run: Next = (request) => this.#route(request)

  /** @param uid the runtime's, for errors */
  constructor(uid: string, objects: ResidentObjects) {
    this.#uid = uid
    this.#objects = objects
  }

  readonly dispatch: Dispatch = (request) => this.#run(request)

  /** Puts a middleware inside those that are there already: the first one used is the first to see a request. */
  use(middleware: Middleware): void {
    if (typeof middleware !== 'function')
      throw invalidOption('middleware', middleware, 'a function, of a request and of what comes next')
    this.#middleware.push(middleware)
    // Composed here and not at each request.
    this.#run = this.#middleware.reduceRight<Next>(
      (next, outer) => (request) => outer(request, next),
      (request) => this.#route(request),
    )
  }

  /**
   * Offers an object's methods under a name; `methodsOf` says which.
   *
   * @throws ERR_INVALID_OPTION if the name is taken or reserved, or there is nothing to call
   */
  expose(name: string, object: object): Exposed {
    if (typeof name !== 'string' || !NAME.test(name) || name.startsWith(BUILT_IN)) {
      const allowed = `a letter and up to 127 letters, digits, '_', '-' and '.', not beginning with '${BUILT_IN}'`
      throw invalidOption('name', name, allowed)
    }
    if (typeof object === 'function') {
      const text = `a function has no name to be called by: expose('${name}', { run: fn })`
      const facts = { option: 'object', given: describe(object), allowed: 'an object with methods' }
      throw new SkeinError('ERR_INVALID_OPTION', text, facts)
    }
    const service = new Map<string, Handler>()
    for (const [method, run] of methodsOf(object, `the object exposed as '${name}'`)) {
      service.set(method, (args) => Reflect.apply(run, object, args))
    }
    return this.provide(name, service)
  }

  /** Offers a service whose handlers are given the request too: the built-in ones. */
  provide(name: string, service: Service): Exposed {
    if (this.#services.has(name))
      throw invalidOption('name', name, 'a name that nothing is exposed under yet')
    this.#services.set(name, service)
    return {
      withdraw: () => {
        if (this.#services.get(name) === service) this.#services.delete(name)
      },
    }
  }

  #route(request: Incoming): unknown {
    const { message } = request
    const uid = this.#uid
    if (message.kind === Kind.cmd) return this.#objects.run(message, request)
    const { service: name, method, args } = message
    const service = this.#services.get(name)
    if (service === undefined) {
      const known = [...this.#services.keys()].filter((other) => !other.startsWith(BUILT_IN))
      const text = `there is no service '${name}' at ${uid}; there is ${known.join(', ') || 'none'}`
      const facts = { uid, service: name, method, executed: 'no' } as const
      throw request.refuse(new SkeinError('ERR_NO_SUCH_SERVICE', text, facts))
    }
    const handler = service.get(method)
    if (handler === undefined) {
      const text = `service '${name}' at ${uid} has no method '${method}'; it has ${[...service.keys()].join(', ')}`
      const facts = { uid, service: name, method, executed: 'no' } as const
      throw request.refuse(new SkeinError('ERR_NO_SUCH_METHOD', text, facts))
    }
    return handler(args, request)
  }
}

/** Whether a request is for a built-in service. */
export function isBuiltIn({ message }: Incoming): boolean {
  return message.kind === Kind.call && message.service.startsWith(BUILT_IN)
}

/** Whether a request is run while the runtime ends: the built-in services tell of it to the last, and begin no new work. */
export function isVital(request: Incoming): boolean {
  const { method } = request.message
  return isBuiltIn(request) && method !== 'create' && method !== 'ask'
}
