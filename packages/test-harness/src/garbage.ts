import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { eventually } from './eventually.js'

let gc: (() => void) | undefined

/** Collects all garbage, but for what this turn of the event loop has touched. */
export function collectGarbage(): void {
  gc ??= exposed()
  gc()
}

function exposed(): () => void {
  setFlagsFromString('--expose-gc')
  return runInNewContext('gc')
}

/** Waits until nobody holds any of what is referred to. */
export function collected(...held: readonly WeakRef<object>[]): Promise<void> {
  return collectedUntil(() => held.every((each) => each.deref() === undefined))
}

/** Waits until a condition holds that collecting garbage brings about: V8 calls registries back in a turn after that. */
export async function collectedUntil(condition: () => boolean | Promise<boolean>): Promise<void> {
  await turn()
  await eventually(async () => {
    collectGarbage()
    for (let turns = 0; turns < 3; turns++) await turn()
    return condition()
  })
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve))
