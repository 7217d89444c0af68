import type { Signed } from './ordered-process.js'

/** Does what it is told. */
export interface Obedient<Order> {
  obey(order: Order): Promise<void>
}

/** What is sent to all processes of a terminal, or of a group. */
const INTERRUPTS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/**
 * What an `OrderedProcess` runs: obeys each order, and tells what there is to tell. Its end is that of whoever forked it;
 * who has been interrupted with it asks it to end, so that it leaves nothing behind.
 */
export function obeyOrders<Order, News>(make: (tell: (news: News) => void) => Obedient<Order>): void {
  const tell = (news: News | Signed): void => {
    // Whoever is gone needs no news.
    if (process.connected) process.send?.(news, undefined, undefined, () => {})
  }
  const host = make(tell)
  for (const signal of INTERRUPTS) process.on(signal, () => {})
  process.on('disconnect', () => process.exit(1))
  process.on('message', (order: Order) => {
    host.obey(order).catch((error: unknown) => {
      console.error(error)
      process.exit(1)
    })
  })
  tell({ kind: 'ready' })
}

/** Does what the order with that id asks for, and resolves with the answer to it. */
export async function done(id: number, work: () => Promise<unknown>): Promise<Signed> {
  try {
    const value = await work()
    return { kind: 'done', id, error: undefined, value }
  } catch (thrown) {
    const error = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)
    return { kind: 'done', id, error }
  }
}

/** The same, where each order is answered with what it gives. */
export function answerOrders<Order extends { readonly id: number }>(
  perform: (order: Order) => Promise<unknown>,
): void {
  obeyOrders<Order, Signed>((tell) => ({
    obey: async (order) => tell(await done(order.id, () => perform(order))),
  }))
}
