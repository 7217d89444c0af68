import { deferred } from '@skein/test-harness'
import type { Runtime } from 'skein'

const GONE: ReadonlySet<string> = new Set(['dead', 'left'])

/** Resolves when a runtime knows so many, itself included. @throws Error that tells whom it knows, if that takes too long */
export async function knows(runtime: Runtime, count: number, timeout: number): Promise<void> {
  const known = deferred<void>()
  const others = () => runtime.peers().filter(({ state }) => !GONE.has(state))
  const look = () => {
    if (others().length === count - 1) known.resolve()
  }
  const late = setTimeout(() => {
    const uids = others().map(({ uid }) => uid)
    known.reject(
      new Error(`${runtime.uid} knows but ${uids.length} others of ${count - 1}: ${uids.join(' ')}`),
    )
  }, timeout)
  runtime.on('peer', look)
  look()
  try {
    await known.promise
  } finally {
    clearTimeout(late)
    runtime.off('peer', look)
  }
}
