import { SkeinError } from '@skein/core'
import { MALFORMED } from './handlers.js'
import type { Neighbour } from './neighbour.js'
import type { Parts } from './package.js'
import { isCount, isText, readParts } from './read.js'
import type { Router } from './router.js'

/** What a state channel holds. Of two values the one with the higher version holds, then that of the higher writer. */
interface Held {
  readonly version: number
  /** The id of the context that has set it. */
  readonly writer: string
  readonly parts: Parts
}

/**
 * The states that this context knows, those included that only pass through it. Each has a version, so that all contexts
 * come to hold the same one, whichever way and however often it comes.
 */
export class States {
  readonly #router: Router
  readonly #held = new Map<string, Held>()
  /** For whose sake each state was last sent to a neighbour, by the key of the channel. */
  readonly #sentFor = new Map<Neighbour, Map<string, ReadonlySet<string>>>()

  /** Those that were told of once more since their writer has gone. */
  readonly #orphans = new WeakSet<Held>()

  constructor(router: Router) {
    this.#router = router
    router.handlers.set('state', (from, args) => this.#received(from.id, args))
    router.watch(() => this.#catchUp())
  }

  get(key: string): Held | undefined {
    return this.#held.get(key)
  }

  set(key: string, parts: Parts): void {
    const version = (this.#held.get(key)?.version ?? 0) + 1
    if (!Number.isSafeInteger(version)) throw new SkeinError('ERR_OVERLOADED', `${key} has no versions left`)
    this.#keep(key, { version, writer: this.#router.id, parts }, this.#router.id)
  }

  #received(from: string, args: readonly unknown[]): unknown {
    const [key, version, writer, rest] = args
    const parts = readParts(rest)
    if (!isText(key) || !isCount(version, 1) || !isText(writer) || parts === undefined) return MALFORMED
    const held = this.#held.get(key)
    if (held !== undefined && !isLater({ version, writer }, held)) return undefined
    if (this.#router.receiver(key)?.receive?.(writer, version, parts) === false) return MALFORMED
    this.#keep(key, { version, writer, parts }, from)
    return undefined
  }

  #keep(key: string, held: Held, from: string): void {
    this.#held.set(key, held)
    const { id: self, settings, graph, neighbours } = this.#router
    // In a mesh its writer tells all who are there.
    if (from !== self && !settings.relays)
      for (const each of neighbours) this.#sentTo(each).set(key, graph.interestedBeyond(each.id, key))
    else for (const id of graph.routes(key)) if (id !== from) this.#send(key, held, id)
  }

  /** Whoever wants a state and was not reached when it was last sent gets it now. */
  #catchUp(): void {
    const { graph, neighbours } = this.#router
    for (const lost of this.#sentFor.keys()) if (!neighbours.includes(lost)) this.#sentFor.delete(lost)
    for (const [key, held] of this.#held) {
      if (this.#isOrphan(held)) for (const id of graph.routes(key)) this.#send(key, held, id)
      for (const neighbour of neighbours) {
        const wanting = graph.interestedBeyond(neighbour.id, key)
        const before = this.#sentTo(neighbour).get(key)
        if ([...wanting].some((each) => before?.has(each) !== true)) this.#send(key, held, neighbour.id)
        this.#sentTo(neighbour).set(key, wanting)
      }
    }
  }

  #sentTo(neighbour: Neighbour): Map<string, ReadonlySet<string>> {
    const known = this.#sentFor.get(neighbour)
    if (known !== undefined) return known
    const none = new Map<string, ReadonlySet<string>>()
    this.#sentFor.set(neighbour, none)
    return none
  }

  /** Whether its writer has just gone, who may not have told all. Where states are passed on, all tell all at once. */
  #isOrphan(held: Held): boolean {
    const { id, graph, settings } = this.#router
    if (settings.relays || held.writer === id || graph.reaches(held.writer) || this.#orphans.has(held))
      return false
    this.#orphans.add(held)
    return true
  }

  #send(key: string, { version, writer, parts }: Held, to: string): void {
    this.#router.neighbour(to)?.tellLatest(key, 'state', key, version, writer, parts)
  }
}

function isLater(a: Pick<Held, 'version' | 'writer'>, b: Held): boolean {
  return a.version === b.version ? a.writer > b.writer : a.version > b.version
}
