import type { Suite } from './suite.js'
import { rest } from './suites/rest.js'
import { rpc } from './suites/rpc.js'

/** In the order in which they are run. */
export const suites: readonly Suite[] = [rpc, rest]
