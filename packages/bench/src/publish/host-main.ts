// What bin/publish-host.mjs runs.
import { answerOrders } from '@skein/test-harness/ordered-main'
import { publishOurs, subscribeOurs } from './channels.js'
import type { Publishing, Subscribing } from './ends.js'
import type { Order } from './orders.js'
import { publishRaw, subscribeRaw } from './raw-sockets.js'

export function main(): void {
  let publishing: Publishing | undefined
  let subscribing: Subscribing | undefined
  answerOrders<Order>(async (order) => {
    switch (order.kind) {
      case 'open':
        publishing = order.way === 'raw' ? await publishRaw() : await publishOurs()
        return publishing.endpoint
      case 'subscribe':
        subscribing = order.way === 'raw' ? await subscribeRaw(order.to) : await subscribeOurs(order.to)
        return undefined
      case 'publish':
        // Until it is closed.
        publishing?.publish(order.bytes, order.subscribers).catch(() => {})
        return undefined
      case 'received':
        return subscribing?.received() ?? 0
      case 'stop':
        await publishing?.close()
        await subscribing?.close()
        return undefined
    }
  })
}
