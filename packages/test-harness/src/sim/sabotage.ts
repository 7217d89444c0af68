import {
  Intake,
  type IntakeParts,
  type Link,
  type LinkHost,
  liveness,
  type Message,
  type PeerEvent,
  type Safeguards,
  safeguards,
} from '@skein/core/internal'
import { safeguardsWithout as withoutAuditors } from '../audit/sabotage.js'

/**
 * Safeguards of which one is off. With any of them seeds must fail: that is how the simulation itself is tested. Some are
 * the auditor's.
 */
export const SABOTAGES = ['refutation', 'instance', 'ack', 'resume', 'dedup', 'order'] as const
export type Sabotage = (typeof SABOTAGES)[number]

export function safeguardsWithout(off: Sabotage | undefined): Safeguards {
  switch (off) {
    case 'refutation':
      return { ...safeguards, liveness: stubborn }
    case 'instance':
      return { ...safeguards, isTo: () => true }
    case 'ack':
      return { ...safeguards, newIntake: (...made) => new Hurried(...made) }
    default:
      return withoutAuditors(off)
  }
}

/** What shows that a peer that is suspected lives. */
const REFUTING: ReadonlySet<string> = new Set<PeerEvent['kind']>([
  'up',
  'shaken',
  'heard',
  'vouched',
  'greeted',
])

/** A suspicion runs out, whatever is heard of the peer meanwhile. */
const stubborn: typeof liveness = (state, event, now, options) =>
  state.kind === 'suspect' && REFUTING.has(event.kind) ? [state, []] : liveness(state, event, now, options)

/** Acknowledges at once, and takes in what has come some time later: with the connection, what waits for that is lost. */
class Hurried extends Intake {
  readonly #host: LinkHost<Link>
  readonly #link: Link

  constructor(host: LinkHost<Link>, link: Link, parts: IntakeParts) {
    super(host, link, parts)
    this.#host = host
    this.#link = link
  }

  protected override takeIn(messages: readonly Message[], seq: number): void {
    if (seq === 0) return super.takeIn(messages, seq)
    const { clock, flow } = this.#host.settings
    clock.after(flow.ackDelay, () => {
      if (this.#link.state.kind !== 'suspect') super.takeIn(messages, seq)
    })
  }
}
