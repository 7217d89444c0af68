import type { FlowOptions } from '../options.js'
import { liveness } from '../peer/liveness.js'
import { Session } from '../peer/session.js'
import type { Codec } from '../wire/codec.js'
import { Intake, type IntakeParts } from './intake.js'
import type { Link } from './link.js'
import type { LinkHost } from './link-host.js'
import { Secrets } from './secrets.js'

/**
 * The parts that keep messages from being lost, doubled or disordered, and peers from being misjudged. They can be
 * replaced so that the auditor and the simulation can show that they notice when one of them is off; there is no other
 * reason to.
 */
export interface Safeguards {
  newSession(generation: number, codec: Codec, flow: FlowOptions): Session
  newSecrets(): Secrets<Link>
  newIntake(host: LinkHost<Link>, link: Link, parts: IntakeParts): Intake
  /** What an event means for a peer. */
  readonly liveness: typeof liveness
  /** Whether a link is to that very instance, rather than to another of the same uid. */
  isTo(link: Pick<Link, 'instance'>, instance: string): boolean
}

export const safeguards: Safeguards = {
  newSession: (generation, codec, flow) => new Session(generation, codec, flow),
  newSecrets: () => new Secrets(),
  newIntake: (host, link, parts) => new Intake(host, link, parts),
  liveness,
  isTo: (link, instance) => link.instance === instance,
}
