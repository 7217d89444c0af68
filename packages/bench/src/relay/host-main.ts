// What bin/relay-host.mjs runs.
import { Device } from '@skein/devices'
import { answerOrders } from '@skein/test-harness/ordered-main'
import { during } from '../mesh/idle.js'
import type { Order } from './orders.js'
import { openSink, relayRaw, type Sink, sendOn } from './raw-sockets.js'

export function main(): void {
  let sink: Sink | undefined
  answerOrders<Order>(async (order) => {
    switch (order.kind) {
      case 'sink':
        sink = await openSink()
        return sink.endpoint
      case 'relay':
        return order.by === 'raw relay' ? relayRaw(order.to) : relayOurs(order.to)
      case 'source':
        void sendOn(order.to, order.bytes)
        return undefined
      case 'count': {
        const [from, before] = [performance.now(), sink?.received ?? 0]
        await during(order.milliseconds / 1000)
        return (((sink?.received ?? 0) - before) * 1000) / (performance.now() - from)
      }
      case 'hold':
        return sink?.hold()
      case 'memory':
        return process.memoryUsage().rss
      case 'stop':
        return undefined
    }
  })
}

async function relayOurs(to: string): Promise<string | undefined> {
  const device = new Device({ type: 'queue', runner: 'inline' })
  device.bindIn('tcp://127.0.0.1:*')
  device.connectOut(to)
  return (await device.start()).in[0]
}
