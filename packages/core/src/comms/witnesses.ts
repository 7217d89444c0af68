import type { Timer } from '../clock.js'
import type { Link } from '../link/link.js'
import type { Links } from '../link/links.js'
import type { Safeguards } from '../link/safeguards.js'
import { WITNESSES } from '../peer/liveness.js'
import type { CommsSettings } from '../settings.js'
import { type Ask, Kind, type Tell, type Verdict } from '../wire/message.js'

/** Answers that may be owed at once: a hundred peers that ask about a hundred each. */
const MOST_OWED = 10_000

interface Owed {
  readonly from: Link
  readonly ask: Ask
  readonly timer: Timer
}

/**
 * Others are asked about a peer that is lost to us, and we look after one that is lost to them. Only what is seen counts,
 * on a link that stands: nobody passes on what he was told.
 */
export class Witnesses {
  readonly #links: Links
  readonly #settings: CommsSettings
  readonly #isTo: Safeguards['isTo']
  /** The round in which we last asked about a link: a new one each time that it was lost. */
  readonly #rounds = new WeakMap<Link, number>()
  readonly #owed = new Set<Owed>()
  #round = 0

  constructor(links: Links, settings: CommsSettings, { isTo }: Pick<Safeguards, 'isTo'>) {
    this.#links = links
    this.#settings = settings
    this.#isTo = isTo
  }

  /** Asks every monitor, and up to three others, drawn by lot. */
  ask(link: Link): void {
    const { uid, instance } = link
    if (uid === undefined || instance === undefined) return
    const { kind } = link.state
    const n = (kind === 'unreachable' ? this.#rounds.get(link) : undefined) ?? ++this.#round
    this.#rounds.set(link, n)
    for (const other of this.#choose()) other.post({ kind: Kind.ask, n, uid, instance })
  }

  /**
   * A peer asks. That we have lost the one in question as well is said at once. That we reach it is said after the time
   * in which the loss of a control connection is noticed for sure: then it was there when we were asked.
   */
  asked(from: Link, ask: Ask): void {
    if (this.#owed.size >= MOST_OWED) return
    const { clock, liveness } = this.#settings
    const { heartbeatInterval, heartbeatTimeout } = liveness
    const owed: Owed = {
      from,
      ask,
      timer: clock.after(heartbeatInterval + heartbeatTimeout, () => this.#answer(owed, this.#verdict(ask))),
    }
    this.#owed.add(owed)
    // Whom we know and had no need of yet is dialled: somebody has to look.
    if (this.#links.directory.get(ask.uid)?.instance === ask.instance) this.#links.to(ask.uid)
    if (this.#verdict(ask) === 'lost') this.#answer(owed, 'lost')
  }

  /** Somebody answers. */
  told({ n, uid, instance, verdict }: Tell): void {
    const link = this.#links.get(uid)
    if (verdict === 'unknown' || link?.instance !== instance || this.#rounds.get(link) !== n) return
    link.testified(verdict)
  }

  close(): void {
    for (const { timer } of this.#owed) timer.cancel()
    this.#owed.clear()
  }

  #answer(owed: Owed, verdict: Verdict): void {
    owed.timer.cancel()
    this.#owed.delete(owed)
    const { n, uid, instance } = owed.ask
    if (owed.from.isOpen) owed.from.post({ kind: Kind.tell, n, uid, instance, verdict })
  }

  #verdict({ uid, instance }: Ask): Verdict {
    const link = this.#links.get(uid)
    if (link === undefined || !this.#isTo(link, instance)) return 'unknown'
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
