import { deferred } from '@skein/test-harness'

/** What this process takes of a processor in so many seconds, as a share of one. */
export async function shareOfCore(seconds: number): Promise<number> {
  const before = process.cpuUsage()
  const from = performance.now()
  await during(seconds)
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000 / (performance.now() - from)
}

/** Resolves when so many seconds are over. Nobody is kept alive by it: a bench that is interrupted ends before. */
export function during(seconds: number): Promise<void> {
  const { promise, resolve } = deferred<void>()
  setTimeout(resolve, seconds * 1000).unref()
  return promise
}
