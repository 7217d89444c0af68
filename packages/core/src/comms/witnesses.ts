import type { Timer } from '../clock.js'
import type { Link } from '../link/link.js'
import type { Links } from '../link/links.js'
import type { Safeguards } from '../link/safeguards.js'
import { WITNESSES } from '../peer/suspicion.js'
import type { CommsSettings } from '../settings.js'
import { type Ask, Kind, type Tell, type Verdict } from '../wire/message.js'

/** Answers that may be owed to one peer at once: it has lost half as many others, and asks about each anew meanwhile. */
const MOST_OWED = 2000

interface Owed {
  readonly ask: Ask
  readonly timer: Timer
}

/** What we have asked about a link that is lost. */
interface Inquiry {
  /** A new number each time that it is lost. */
  readonly n: number
  /** Who was asked and has not answered. What others say, or say twice, does not count. */
  readonly open: Set<Link>
}

/**
 * Others are asked about a peer that is lost to us, and we look after one that is lost to them. Only what is seen counts,
 * on a link that stands: nobody passes on what he was told.
 */
export class Witnesses {
  readonly #links: Links
  readonly #settings: CommsSettings
  readonly #isTo: Safeguards['isTo']
  readonly #inquiries = new WeakMap<Link, Inquiry>()
  /** By who has asked. */
  readonly #owed = new Map<Link, Set<Owed>>()
  #lastInquiry = 0

  constructor(links: Links, settings: CommsSettings, { isTo }: Pick<Safeguards, 'isTo'>) {
    this.#links = links
    this.#settings = settings
    this.#isTo = isTo
  }

  /** Asks every monitor, and up to three others, drawn by lot. */
  ask(link: Link): void {
    const { uid, instance } = link
    if (uid === undefined || instance === undefined) return
    const before = link.state.kind === 'unreachable' ? this.#inquiries.get(link) : undefined
    const { n, open } = before ?? { n: ++this.#lastInquiry, open: new Set() }
    // They can't answer any more, and a peer may be unreachable for as long as somebody reaches it.
    for (const other of open) if (other.isOver) open.delete(other)
    this.#inquiries.set(link, { n, open })
    for (const other of this.#choose()) {
      open.add(other)
      other.post({ kind: Kind.ask, n, uid, instance })
    }
  }

  /**
   * A peer asks. That we have lost the one in question as well is said at once. That we reach it is said after the time
   * in which the loss of a control connection is noticed for sure: then it was there when we were asked.
   */
  asked(from: Link, ask: Ask): void {
    if (this.#verdict(ask) === 'lost') return tell(from, ask, 'lost')
    const owed = this.#owed.get(from) ?? new Set()
    if (owed.size >= MOST_OWED) return
    this.#owed.set(from, owed)
    const { clock, liveness } = this.#settings
    const { heartbeatInterval, heartbeatTimeout } = liveness
    const timer = clock.after(heartbeatInterval + heartbeatTimeout, () => this.#answer(from, answer))
    const answer: Owed = { ask, timer }
    owed.add(answer)
    // Whom we know and had no need of yet is dialled: somebody has to look.
    if (this.#links.directory.get(ask.uid)?.instance === ask.instance) this.#links.to(ask.uid)
  }

  /** A link of ours is lost: whoever has asked about that peer, and waits for our answer, has it now. */
  lost({ uid, instance }: Link): void {
    for (const [from, owed] of this.#owed)
      for (const answer of owed) {
        if (answer.ask.uid !== uid || answer.ask.instance !== instance) continue
        answer.timer.cancel()
        this.#answer(from, answer)
      }
  }

  /** Somebody answers. */
  told(from: Link, { n, uid, instance, verdict }: Tell): void {
    const link = this.#links.get(uid)
    const inquiry = link && this.#inquiries.get(link)
    if (link?.instance !== instance || inquiry?.n !== n || !inquiry.open.delete(from)) return
    if (verdict !== 'unknown') link.testified(verdict)
  }

  /** A link is over: nobody waits for an answer there. */
  ended(link: Link): void {
    for (const { timer } of this.#owed.get(link) ?? []) timer.cancel()
    this.#owed.delete(link)
  }

  close(): void {
    for (const link of [...this.#owed.keys()]) this.ended(link)
  }

  #answer(from: Link, answer: Owed): void {
    const owed = this.#owed.get(from)
    owed?.delete(answer)
    if (owed?.size === 0) this.#owed.delete(from)
    tell(from, answer.ask, this.#verdict(answer.ask))
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

function tell(to: Link, { n, uid, instance }: Ask, verdict: Verdict): void {
  if (to.isOpen) to.post({ kind: Kind.tell, n, uid, instance, verdict })
}
