import { invalidOption } from '@skein/core/internal'
import type { Router } from './router.js'

const routers = new WeakMap<object, Router>()

/** What channels need of a context is none of its users' business. */
export function bindRouter(context: object, router: Router): void {
  routers.set(context, router)
}

/** @throws ERR_INVALID_OPTION if it is no context */
export function routerOf(context: object): Router {
  const found = typeof context === 'object' && context !== null ? routers.get(context) : undefined
  if (found === undefined) throw invalidOption('context', context, 'a ChannelContext')
  return found
}
