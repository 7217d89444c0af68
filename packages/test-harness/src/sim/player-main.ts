// What bin/sim-player.mjs runs: a process that plays seeds, one after the other.
import { answerOrders } from '../ordered-main.js'
import { makePlan } from './plan.js'
import { play } from './play.js'
import type { PlayerOrder } from './player-orders.js'

export function main(): void {
  let last: Promise<unknown> = Promise.resolve()
  // Nobody reads where the errors of the mesh come from, and to find out takes longer than all else about them.
  Error.stackTraceLimit = 0
  answerOrders<PlayerOrder>((order) => {
    const answered = last.then(() => answer(order))
    last = answered.catch(() => {}) // whoever gave the order is told
    return answered
  })
}

async function answer(order: PlayerOrder): Promise<unknown> {
  return order.kind === 'play' ? play(makePlan(order.seed), order.flaws) : undefined
}
