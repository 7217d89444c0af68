import { invalidOption } from '@skein/core/internal'
import type { Asking } from './asking.js'
import type { Router } from './router.js'
import type { States } from './states.js'

/** What channels need of their context. */
export interface ContextInside {
  readonly router: Router
  readonly states: States
  readonly asking: Asking
}

const byContext = new WeakMap<object, ContextInside>()

/** Is none of a context's users' business, and therefore no property of it. */
export function bindParts(context: object, parts: ContextInside): void {
  byContext.set(context, parts)
}

/** @throws ERR_INVALID_OPTION if it is no context */
export function partsOf(context: object): ContextInside {
  const found = typeof context === 'object' && context !== null ? byContext.get(context) : undefined
  if (found === undefined)
    throw invalidOption('context', context, 'a ChannelContext, or the channels of a runtime')
  return found
}
