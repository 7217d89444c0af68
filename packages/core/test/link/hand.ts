import { type Hand, Kind } from '../../src/wire/message.js'
import { entryOf } from '../peer/entries.js'

export const peer = entryOf('peer', { endpoints: ['tcp://127.0.0.1:3000'] })

/** How the peer greets us, who knows us already. */
export const hand: Hand = {
  kind: Kind.hand,
  from: peer,
  meshToken: 'token of the tests',
  toUid: 'self',
  to: entryOf('self').instance,
  nonce: new Uint8Array(16),
  token: new Uint8Array(16).fill(9),
  attempt: 1,
  session: 1,
  taken: 0,
}
