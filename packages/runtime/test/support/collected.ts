import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { eventually } from '@skein/test-harness'

setFlagsFromString('--expose-gc')

/** Collects all garbage, but for what this turn has touched. */
export const gc: () => void = runInNewContext('gc')

/** Waits until a condition holds that collecting garbage brings about: V8 calls registries back in a turn after that. */
export async function collectedUntil(condition: () => boolean): Promise<void> {
  const turn = () => new Promise<void>((resolve) => setImmediate(resolve))
  await turn()
  await eventually(async () => {
    gc()
    for (let turns = 0; turns < 8 && !condition(); turns++) await turn()
    return condition()
  })
}
