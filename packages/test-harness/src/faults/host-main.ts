// What bin/faults-host.mjs runs: a process with a member in it, forked by the rig, whose end is its own.
import { Host } from './host.js'
import type { News, Order } from './orders.js'

export function main(): void {
  const host = new Host((news: News) => {
    // Whoever is gone needs no news.
    if (process.connected) process.send?.(news, undefined, undefined, () => {})
  })
  process.on('disconnect', () => process.exit(1))
  process.on('message', (order: Order) => {
    host.obey(order).catch((error: unknown) => {
      console.error(error)
      process.exit(1)
    })
  })
  process.send?.({ kind: 'ready' } satisfies News)
}
