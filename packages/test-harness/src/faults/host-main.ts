// What bin/faults-host.mjs runs: a process with a member in it, forked by the rig.
import { obeyOrders } from '../ordered-main.js'
import { Host } from './host.js'

export function main(): void {
  obeyOrders((tell) => new Host(tell))
}
