import type { Clock, Instant } from '../clock.js'
import type { DirectoryEntry } from '../wire/message.js'
import { isGone, type PeerChange } from './peer-change.js'

/** What was last told of a peer. */
export interface Standing {
  readonly change: PeerChange
  readonly roles: readonly string[]
  /** When it was told. */
  readonly since: Instant
}

/** So many ends are kept: enough for the workers of a large mesh, and less than a megabyte. */
const MOST_ENDS = 1000

/** What was last told of each uid, so that each change follows from the one before, and people can see who is gone. */
export class Standings {
  readonly #clock: Clock
  readonly #most: number
  readonly #living = new Map<string, Standing>()
  /** The latest one last. */
  readonly #ended = new Map<string, Standing>()

  /** @param most how many ends are kept; the oldest is forgotten first */
  constructor(clock: Clock, most = MOST_ENDS) {
    this.#clock = clock
    this.#most = most
  }

  get(uid: string): Standing | undefined {
    return this.#living.get(uid) ?? this.#ended.get(uid)
  }

  /** The last end of a uid that has not come back. */
  end(uid: string): Standing | undefined {
    return this.#ended.get(uid)
  }

  /** The last ends of all that have not come back. */
  ends(): Iterable<Standing> {
    return this.#ended.values()
  }

  /** Gives what there is to tell, or nothing if that was told already. */
  follow(news: Omit<PeerChange, 'was'>, { roles }: DirectoryEntry): PeerChange | undefined {
    const { uid, instance, is } = news
    const last = this.get(uid)?.change
    const isSame = last?.instance === instance
    if (isSame && last.is === is) return undefined
    // A link that is over has no lane any more.
    const lane = news.lane ?? (isSame ? last.lane : undefined)
    const change: PeerChange = { ...news, was: last?.is ?? 'unknown', lane }
    this.#keep({ change, roles, since: this.#clock.now() })
    return change
  }

  #keep(standing: Standing): void {
    const { change } = standing
    this.#living.delete(change.uid)
    this.#ended.delete(change.uid)
    if (!isGone(change)) {
      this.#living.set(change.uid, standing)
      return
    }
    this.#ended.set(change.uid, standing)
    for (const uid of this.#ended.keys()) {
      if (this.#ended.size <= this.#most) return
      this.#ended.delete(uid)
    }
  }
}
