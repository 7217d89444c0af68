import { TurnedClock } from '../../src/clock.js'
import type { Link } from '../../src/link/link.js'
import type { LinkHost } from '../../src/link/link-host.js'
import type { LinkParts } from '../../src/link/parts.js'
import { safeguards } from '../../src/link/safeguards.js'
import { settle } from '../../src/settings.js'
import { Prng } from '../../src/transport/prng.js'
import { defaultLimits } from '../../src/wire/limits.js'
import { MsgpackCodec } from '../../src/wire/msgpack-codec.js'
import { entryOf } from '../peer/entries.js'
import { FakeTransport } from './fakes.js'

export const silent = { debug() {}, info() {}, warn() {}, error() {} }

/** What links are made of, with a clock and a transport that the test turns. */
export function parts() {
  const clock = new TurnedClock()
  const transport = new FakeTransport()
  const settings = settle({
    uid: 'self',
    meshToken: 'token of the tests',
    clock,
    random: new Prng(1),
    logger: silent,
  })
  const made = {
    settings,
    limits: defaultLimits,
    codec: new MsgpackCodec(),
    transport,
    place: { host: 'here', process: 'self' },
    safeguards,
    self: entryOf('self'),
  } satisfies LinkParts
  return { clock, transport, parts: made }
}

/** A host of links that does nothing. */
export function hostOf(given: LinkParts): LinkHost<Link> {
  return {
    ...given,
    nextAttempt: () => 1,
    nextGeneration: () => 1,
    network: () => [],
    claim() {},
    release() {},
    identified: () => true,
    introduced() {},
    changed() {},
    destroyed() {},
    heard() {},
    received() {},
    dropped() {},
    lag: () => 0,
    running: () => 0,
    defer: (fn) => queueMicrotask(fn),
  }
}
