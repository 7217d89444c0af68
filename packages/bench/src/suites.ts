import type { Suite } from './suite.js'
import { rest } from './suites/rest.js'

/** In the order in which they are run. */
export const suites: readonly Suite[] = [rest]
