import type { Place } from '../host.js'
import type { CommsSettings } from '../settings.js'
import type { Transport } from '../transport/transport.js'
import type { Codec } from '../wire/codec.js'
import type { Limits } from '../wire/limits.js'
import type { DirectoryEntry } from '../wire/message.js'
import type { Safeguards } from './safeguards.js'

/** What all links of a runtime are made of. */
export interface LinkParts {
  readonly settings: CommsSettings
  readonly limits: Limits
  readonly codec: Codec
  readonly transport: Transport
  readonly place: Place
  readonly safeguards: Safeguards
  /** What we tell others about ourselves. */
  readonly self: DirectoryEntry
}
