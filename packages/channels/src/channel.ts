import { invalidOption } from '@skein/core/internal'
import type { ChannelType } from './message-format.js'
import type { ChannelNode } from './node.js'
import { partsOf } from './parts-of.js'
import type { Router } from './router.js'

export type Pattern = 'pubsub' | 'reqrep' | 'state'

const NAME = /^[\p{L}\p{N}_.-]{1,128}$/u

/** What all channels are: named ends in a context, until they are closed. */
export abstract class Channel {
  /** As it was given. */
  readonly name: string
  /** `name.type.pattern` in lower case: channels for which it is the same belong together. */
  readonly key: string
  /** @internal */
  protected readonly router: Router
  #isClosed = false

  /** @throws ERR_INVALID_OPTION */
  constructor(context: ChannelNode, name: string, type: ChannelType, pattern: Pattern) {
    this.router = partsOf(context).router
    if (typeof name !== 'string' || !NAME.test(name))
      throw invalidOption('name', name, "1 to 128 letters, digits, '_', '-' and '.'")
    this.name = name
    this.key = `${name}.${type}.${pattern}`.toLowerCase()
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  /** Takes the channel from its context, and frees its name there. May be called twice. */
  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.closed()
  }

  /** @internal What is to be done at the end. */
  protected abstract closed(): void
}
