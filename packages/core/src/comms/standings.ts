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

/** What has become of a peer, whatever was told of it before. */
export type News = Omit<PeerChange, 'was'>

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

  /**
   * Gives what there is to tell: nothing if that was told already. Where it is another instance that is there now, first
   * the end of the one before, which nothing else need have told: there may have been no link to it. That it is another
   * one is certain once it has answered: a greeting may be read long after it was sent, and be that of an earlier one.
   */
  follow(news: News, { roles }: Pick<DirectoryEntry, 'roles'>): readonly PeerChange[] {
    const { uid, instance, is } = news
    const last = this.get(uid)
    if (last === undefined) return [this.#next(news, roles)]
    const { change } = last
    if (change.instance === instance) return change.is === is ? [] : [this.#next(news, roles)]
    if (isGone(change)) return [this.#next(news, roles)]
    if (isGone(news) || is === 'connecting' || is === 'shaking') return []
    return [this.#next(replaced(change), last.roles), this.#next(news, roles)]
  }

  #next(
    { uid, instance, is, reason, lane, tookMs, stalledMs, evidence }: News,
    roles: readonly string[],
  ): PeerChange {
    const last = this.get(uid)?.change
    const change: PeerChange = {
      uid,
      instance,
      was: last?.is ?? 'unknown',
      is,
      reason,
      // A link that is over has no lane any more.
      lane: lane ?? (last?.instance === instance ? last.lane : undefined),
      tookMs,
      stalledMs,
      evidence,
    }
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

/** What becomes of an instance when another goes by its name. */
function replaced({ uid, instance }: PeerChange): News {
  return { uid, instance, is: 'dead', reason: 'replaced', evidence: 'another instance goes by its name now' }
}
