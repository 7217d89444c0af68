// What bin/mesh-host.mjs runs.
import { obeyOrders } from '@skein/test-harness'
import { Host } from './host.js'
import type { News, Order } from './orders.js'

export function main(): void {
  obeyOrders<Order, News>((tell) => new Host(tell))
}
