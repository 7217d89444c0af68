import { fileURLToPath } from 'node:url'
import { OrderedProcess } from '../ordered-process.js'
import type { Asked, News, Order } from './orders.js'

const MAIN = fileURLToPath(new URL('../../bin/audit-host.mjs', import.meta.url))

/** A process with members in it, as the auditor sees it. */
export class HostProcess extends OrderedProcess<Order, Asked, News> {
  constructor(onNews: (news: News) => void) {
    super({ main: MAIN, of: 'the audit', stop: { kind: 'stop' } }, onNews)
  }
}
