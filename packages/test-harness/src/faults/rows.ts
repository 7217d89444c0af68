import { busy } from './busy.js'
import { crashes } from './crashes.js'
import { identities } from './identities.js'
import { lines } from './lines.js'
import { partitions } from './partitions.js'
import type { Row } from './row.js'

/** All faults that the rig knows. */
export const rows: readonly Row[] = [...crashes, ...partitions, ...lines, ...busy, ...identities]
