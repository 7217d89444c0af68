// What bin/sim-player.mjs runs: a process that plays seeds, one after the other.
import { done, obeyOrders } from '../ordered-main.js'
import { makePlan } from './plan.js'
import { play } from './play.js'
import type { PlayerNews, PlayerOrder } from './player-orders.js'

export function main(): void {
  let last: Promise<void> = Promise.resolve()
  // Nobody reads where the errors of the mesh come from, and to find out takes longer than all else about them.
  Error.stackTraceLimit = 0
  obeyOrders<PlayerOrder, PlayerNews>((tell) => ({
    obey(order) {
      last = last.then(async () => tell(await done(order.id, () => answer(order))))
      return last
    },
  }))
}

async function answer(order: PlayerOrder): Promise<unknown> {
  return order.kind === 'play' ? play(makePlan(order.seed), order.flaws) : undefined
}
