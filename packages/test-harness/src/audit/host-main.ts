// What bin/audit-host.mjs runs: a process with members in it, forked by the auditor.
import { obeyOrders } from '../ordered-main.js'
import { Host } from './host.js'

export function main(): void {
  obeyOrders((tell) => new Host(tell))
}
