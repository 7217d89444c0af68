// What bin/broker-host.mjs runs.
import { answerOrders } from '@skein/test-harness/ordered-main'
import { Host } from './host.js'
import type { Order } from './orders.js'

export function main(): void {
  const host = new Host()
  answerOrders<Order>((order) => host.perform(order))
}
