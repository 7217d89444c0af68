/** Who is told when a signal is aborted. */
export interface AbortWatcher {
  aborted(): void
}

interface Watch {
  readonly watchers: Set<AbortWatcher>
  readonly listener: () => void
}

const watches = new WeakMap<AbortSignal, Watch>()

/**
 * Tells `watcher` when a signal is aborted. However many watch one signal, it has one listener: thousands of requests
 * may be under way with it.
 */
export function watchAbort(signal: AbortSignal, watcher: AbortWatcher): void {
  const known = watches.get(signal)
  if (known !== undefined) {
    known.watchers.add(watcher)
    return
  }
  const watchers = new Set([watcher])
  const listener = (): void => {
    watches.delete(signal)
    for (const each of watchers) each.aborted()
  }
  watches.set(signal, { watchers, listener })
  signal.addEventListener('abort', listener, { once: true })
}

/** Does nothing if it is not watched. */
export function unwatchAbort(signal: AbortSignal, watcher: AbortWatcher): void {
  const watch = watches.get(signal)
  if (watch === undefined || !watch.watchers.delete(watcher) || watch.watchers.size > 0) return
  watches.delete(signal)
  signal.removeEventListener('abort', watch.listener)
}

/** Why a signal was aborted, for people, and as it was given. */
export function abortReason(signal: AbortSignal): { readonly text: string; readonly cause: unknown } {
  const cause: unknown = signal.reason
  return { text: cause instanceof Error ? cause.message : 'aborted', cause }
}
