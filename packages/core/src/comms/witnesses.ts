import type { Timer } from '../clock.js'
import type { Link } from '../link/link.js'
import type { Links } from '../link/links.js'
import { WITNESSES } from '../peer/liveness.js'
import type { CommsSettings } from '../settings.js'
import { type Ask, Kind, type Tell, type Verdict } from '../wire/message.js'

/**
 * Others are asked about a peer that is lost to us, and we tell what we know of one that is lost to them. Only what is
 * seen counts, on a link that stands: nobody passes on what he was told.
 */
export class Witnesses {
  readonly #links: Links
  readonly #settings: CommsSettings
  /** The round in which we last asked about a link. */
  readonly #rounds = new WeakMap<Link, number>()
  /** Answers that we owe, by who asked about whom: who asks again wants the later one. */
  readonly #owed = new Map<string, Timer>()
  #round = 0

  constructor(links: Links, settings: CommsSettings) {
    this.#links = links
    this.#settings = settings
  }

  /** Asks every monitor, and up to three others, drawn by lot. */
  ask(link: Link): void {
    const { uid, instance } = link
    if (uid === undefined || instance === undefined) return
    const n = ++this.#round
    this.#rounds.set(link, n)
    for (const other of this.#choose()) other.post({ kind: Kind.ask, n, uid, instance })
  }

  /**
   * A peer asks. It is answered after the time in which a control connection that is lost is noticed: if ours still
   * stands then, the one in question was there when we were asked.
   */
  asked(from: Link, { n, uid, instance }: Ask): void {
    const { clock, liveness } = this.#settings
    const key = `${from.uid} ${uid}`
    this.#owed.get(key)?.cancel()
    const timer = clock.after(liveness.heartbeatTimeout, () => {
      this.#owed.delete(key)
      if (from.isOpen) from.post({ kind: Kind.tell, n, uid, instance, verdict: this.#verdict(uid, instance) })
    })
    this.#owed.set(key, timer)
  }

  /** Somebody answers. */
  told({ n, uid, instance, verdict }: Tell): void {
    const link = this.#links.get(uid)
    if (verdict === 'unknown' || link?.instance !== instance || this.#rounds.get(link) !== n) return
    link.testified(verdict)
  }

  close(): void {
    for (const timer of this.#owed.values()) timer.cancel()
    this.#owed.clear()
  }

  #verdict(uid: string, instance: string): Verdict {
    const link = this.#links.get(uid)
    if (link === undefined || link.instance !== instance) return 'unknown'
    switch (link.state.kind) {
      case 'alive':
        return 'reached'
      case 'stalled':
        // inproc has no connection that could be lost: silence there proves neither.
        return link.lane === 'inproc' ? 'unknown' : 'reached'
      case 'suspect':
        return 'lost'
      default:
        return 'unknown'
    }
  }

  #choose(): Link[] {
    const others = this.#links.all().filter(({ isOpen, state }) => isOpen && state.kind === 'alive')
    const monitors = others.filter(({ entry }) => entry?.roles.includes('monitor'))
    const rest = others.filter((link) => !monitors.includes(link))
    return [...monitors, ...this.#draw(rest, WITNESSES)]
  }

  #draw(links: Link[], count: number): Link[] {
    const drawn: Link[] = []
    while (drawn.length < count && links.length > 0) {
      const [a = 0, b = 0] = this.#settings.random.bytes(2)
      drawn.push(...links.splice((a * 256 + b) % links.length, 1))
    }
    return drawn
  }
}
