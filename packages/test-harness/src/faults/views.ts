import type { Mate } from './mate.js'

/** States in which a peer counts as there. */
const THERE: ReadonlySet<string> = new Set(['known', 'alive'])

/** States in which it counts as gone. */
const GONE: ReadonlySet<string> = new Set(['dead', 'left'])

/**
 * What one of those who live thinks of another, and should not: all are to be there for all, and nobody else. Undefined
 * if they agree, and have all said so since an instant.
 */
export function disagreement(living: readonly Mate[], since: number): string | undefined {
  for (const { uid, status } of living) {
    if (status.at <= since) return `${uid} says nothing`
    for (const other of living) {
      if (other.uid === uid) continue
      const view = status.views.find((each) => each.uid === other.uid)
      if (view?.instance !== other.instance || !THERE.has(view.state))
        return `${uid} thinks of ${other.uid}, which is there: ${stateOf(view, other)}`
    }
    const ghost = status.views.find(
      (view) => !GONE.has(view.state) && !living.some((other) => other.instance === view.instance),
    )
    if (ghost !== undefined) return `${uid} thinks of ${ghost.uid}, which is gone: ${ghost.state}`
  }
  return undefined
}

function stateOf(view: { instance: string; state: string } | undefined, { instance }: Mate): string {
  if (view === undefined) return 'nothing'
  return view.instance === instance ? view.state : `another instance, ${view.state}`
}
