import type { Fault, Plan, PlannedRequest } from './plan.js'
import { isClean, play } from './play.js'
import type { Flaws } from './stage.js'

/** Whether a plan still shows what is searched for. */
export type Fails = (plan: Plan) => Promise<boolean>

/** A smaller plan that fails as well: without any fault that can be spared, and with as few requests as halving leaves. */
export async function shrink(plan: Plan, fails: Fails): Promise<Plan> {
  const smaller = await withFewerFaults(plan, fails)
  // What members think of each other often takes none: then they go at once.
  const silent = { ...smaller, requests: [] }
  return (await fails(silent)) ? silent : withFewerRequests(smaller, fails)
}

/** Until none can be taken away any more: one may have been needed only as long as another was there. */
async function withFewerFaults(plan: Plan, fails: Fails): Promise<Plan> {
  let smallest = plan
  for (const fault of plan.faults) {
    const faults: readonly Fault[] = smallest.faults.filter((other) => other !== fault)
    const smaller = { ...plan, faults }
    if (await fails(smaller)) smallest = smaller
  }
  return smallest === plan ? plan : withFewerFaults(smallest, fails)
}

/** One half or the other, for as long as one of them will do. */
async function withFewerRequests(plan: Plan, fails: Fails): Promise<Plan> {
  const { requests } = plan
  if (requests.length === 0) return plan
  const half = Math.floor(requests.length / 2)
  const halves: readonly (readonly PlannedRequest[])[] = [requests.slice(0, half), requests.slice(half)]
  for (const kept of halves) {
    const smaller = { ...plan, requests: kept }
    if (kept.length < requests.length && (await fails(smaller))) return withFewerRequests(smaller, fails)
  }
  return plan
}

/** Whether a plan fails when its members are so. */
export function failsWith(flaws: Flaws): Fails {
  return async (plan) => !isClean((await play(plan, flaws)).counts)
}
