import { TurnedClock } from '../../src/clock.js'
import { Drops } from '../../src/link/drops.js'
import { Generations } from '../../src/link/generations.js'
import type { Link } from '../../src/link/link.js'
import type { LinkHost } from '../../src/link/link-host.js'
import type { LinkParts } from '../../src/link/parts.js'
import { Recipients } from '../../src/link/recipients.js'
import { safeguards } from '../../src/link/safeguards.js'
import { Secrets } from '../../src/link/secrets.js'
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

/** A host of links that notes what they tell. */
export function hostOf(given: LinkParts): LinkHost<Link> & { readonly told: string[] } {
  const told: string[] = []
  const drops = new Drops()
  let attempts = 0
  return {
    ...given,
    told,
    secrets: new Secrets<Link>(),
    generations: new Generations(),
    drops,
    recipients: new Recipients(),
    on: {
      changed: (link) => told.push(link.state.kind),
      sooner: () => told.push('sooner'),
      asks: () => told.push('asks'),
      unsettled: (link) => queueMicrotask(() => link.settle()),
      shaken: () => told.push('shaken'),
      answered: (_, n) => told.push(`answered ${n}`),
      received: (_, { kind }) => told.push(`received ${kind}`),
      lingers: () => told.push('lingers'),
      destroyed: () => told.push('destroyed'),
    },
    nextAttempt: () => ++attempts,
    network: () => [],
    lag: () => 0,
    running: () => 0,
    defer: (fn) => queueMicrotask(fn),
  }
}
