import { SkeinError } from '@skein/core'
import { describe, invalidOption } from '@skein/core/internal'
import type { Asked, Asking } from './asking.js'
import { Channel } from './channel.js'
import type { Interest } from './graph.js'
import { encodeValue, formatOf } from './message-format.js'
import type { ChannelNode } from './node.js'
import type { Parts } from './package.js'
import { partsOf } from './parts-of.js'

/** What may be asked of a channel. */
export type Methods = Readonly<Record<string, (...args: never[]) => unknown>>

/**
 * Answers the requests of every `ReqChannel` of its name in other contexts. Where several contexts have one, they share
 * the work. What they run at once is not bounded here.
 */
export class RepChannel extends Channel {
  /** @internal */
  readonly interest: Interest
  /** Made once: what is looked up by a name from elsewhere is neither inherited nor added later. */
  readonly #methods: ReadonlyMap<string, unknown>
  readonly #asking: Asking

  /**
   * @param methods what may be called, and nothing else: the own functions of this object
   * @throws ERR_INVALID_OPTION, if the context has a RepChannel of this name, too
   */
  constructor(context: ChannelNode, name: string, methods: Methods) {
    super(context, name, 'object', 'reqrep')
    this.#methods = new Map(Object.entries(checkMethods(methods)))
    this.#asking = partsOf(context).asking
    this.interest = { key: this.key, window: 0 }
    this.router.addReceiver(this)
    this.#asking.add(this.key, this)
  }

  /** @internal */
  async run(method: string, args: Parts, request: Asked): Promise<Parts> {
    const called = this.#methods.get(method)
    if (typeof called !== 'function') {
      const facts = { service: this.key, method, executed: 'no' } as const
      const text = `${this.name} has no method ${method}; it has ${[...this.#methods.keys()].join(', ')}`
      throw request.refuse(new SkeinError('ERR_NO_SUCH_METHOD', text, facts))
    }
    const list = formatOf('object').decode(args)
    if (!Array.isArray(list)) {
      const text = `${method} was called with ${describe(list)}, which is no list of arguments`
      throw request.refuse(new SkeinError('ERR_PROTOCOL', text, { executed: 'no' }))
    }
    const result: unknown = await Reflect.apply(called, undefined, list)
    return encodeValue(result)
  }

  protected override closed(): void {
    this.#asking.remove(this.key, this)
    this.router.remove(this)
  }
}

function checkMethods(given: unknown): object {
  const allowed = 'an object whose own properties are functions, one or more'
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    throw invalidOption('methods', given, allowed)
  const values: unknown[] = Object.values(given)
  if (values.length > 0 && values.every((each) => typeof each === 'function')) return given
  throw invalidOption('methods', values.find((each) => typeof each !== 'function') ?? given, allowed)
}
