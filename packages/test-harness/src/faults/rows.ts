import { crashes } from './crashes.js'
import type { Row } from './row.js'

/** All faults that the rig knows. */
export const rows: readonly Row[] = [...crashes]
