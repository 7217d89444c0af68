import type { FlowOptions } from '../options.js'
import { Session } from '../peer/session.js'
import type { Codec } from '../wire/codec.js'
import type { Link } from './link.js'
import { Secrets } from './secrets.js'

/**
 * The parts that keep messages from being lost, doubled or disordered. They can be replaced so that the auditor can show
 * that it notices when one of them is off; there is no other reason to.
 */
export interface Safeguards {
  newSession(generation: number, codec: Codec, flow: FlowOptions): Session
  newSecrets(): Secrets<Link>
}

export const safeguards: Safeguards = {
  newSession: (generation, codec, flow) => new Session(generation, codec, flow),
  newSecrets: () => new Secrets(),
}
