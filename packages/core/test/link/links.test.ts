import { describe, expect, test } from '@jest/globals'
import type { Link } from '../../src/link/link.js'
import { Links } from '../../src/link/links.js'
import { Secrets } from '../../src/link/secrets.js'
import type { Frames } from '../../src/transport/transport.js'
import { OpenBatch } from '../../src/wire/batch.js'
import type { Codec } from '../../src/wire/codec.js'
import { hand, peer } from './hand.js'
import { parts } from './parts.js'

/** Notes what is claimed. */
class Noting extends Secrets<Link> {
  readonly claimed: Uint8Array[] = []

  override claim(secret: Uint8Array, link: Link): void {
    this.claimed.push(secret)
    super.claim(secret, link)
  }
}

/** The safeguard is off: what was released goes on being accepted. */
class Lax extends Noting {
  override release(): void {}
}

function linked(secrets = new Noting()) {
  const { clock, transport, parts: given } = parts()
  const events = {
    received() {},
    network() {},
    began() {},
    changed() {},
    asks() {},
    shaken() {},
    merged() {},
    running: () => 0,
  }
  const links = new Links(
    { ...given, safeguards: { ...given.safeguards, newSecrets: () => secrets } },
    events,
  )
  links.directory.learn(peer)
  return { clock, transport, given, links }
}

/** A link whose peer has just been heard, which was settled; and `say`, by which it is heard again. */
async function heardOnce() {
  const secrets = new Noting()
  const { clock, transport, given, links } = linked(secrets)
  const link = links.to('peer')
  link?.onHand(hand)
  await clock.advance(0)
  transport.latest().on.up()
  const token = secrets.claimed.at(-1) ?? new Uint8Array(16)
  const say = () => links.onBatch(emptyBatch(given.codec, token))
  say()
  links.settled()
  return { link, links, clock, say, stalledAfter: given.settings.liveness.stalledAfter }
}

function emptyBatch(codec: Codec, token: Uint8Array): Frames {
  return new OpenBatch(codec).seal().frames(token, { seq: 0, ack: 0, admitted: 0 })
}

describe('The table of links', () => {
  test('keeps no link that is over', () => {
    const { clock, links } = linked()
    for (const reason of ['no-answer', 'session-ended', 'silent'] as const) links.to('peer')?.end(reason)
    links.dial('tcp://127.0.0.1:3001', 1000).end('no-answer')
    expect([links.size, clock.pending]).toEqual([0, 0])
    links.close()
  })

  test('keeps one that lets its last words leave until they have had their time', async () => {
    const { clock, transport, given, links } = linked()
    const link = links.to('peer')
    await clock.advance(0)
    transport.latest().on.up()
    link?.farewell('stopped')
    expect([links.get('peer'), links.size]).toEqual([undefined, 1])
    await clock.advance(given.settings.farewellTimeout)
    expect([links.size, transport.open]).toEqual([0, []])
    links.close()
  })

  test.each([
    ['drops what comes under the token of an earlier connection', new Noting(), { token: 1 }],
    ['would take it if that safeguard were off', new Lax(), {}],
  ])('%s', (_, secrets, drops) => {
    const { given, links } = linked(secrets)
    const link = links.to('peer')
    const [token = new Uint8Array(16)] = secrets.claimed
    link?.restart()
    links.onBatch(emptyBatch(given.codec, token))
    expect(Object.fromEntries(links.drops)).toEqual(drops)
    links.close()
  })

  test('takes a peer for alive that has just spoken, also if that was not settled yet', async () => {
    const { link, links, clock, say, stalledAfter } = await heardOnce()
    await clock.advance(stalledAfter - 1)
    say()
    await clock.advance(2)
    expect(link?.state.kind).toBe('alive')
    links.close()
  })

  test('takes a peer for stalled that has said nothing more', async () => {
    const { link, links, clock, stalledAfter } = await heardOnce()
    await clock.advance(stalledAfter + 1)
    expect(link?.state.kind).toBe('stalled')
    links.close()
  })

  test('gives all who dial an address one link, for as long as the most patient of them waits', async () => {
    const { clock, links } = linked()
    const link = links.dial('tcp://127.0.0.1:3001', 1000)
    expect(links.dial('tcp://127.0.0.1:3001', 3000)).toBe(link)
    expect(links.dial('tcp://127.0.0.1:3001', 2000)).toBe(link)
    expect(links.dial('tcp://127.0.0.1:3002', 2000)).not.toBe(link)
    await clock.advance(2999)
    expect(link.isOver).toBe(false)
    await clock.advance(1)
    expect(link.state).toMatchObject({ kind: 'dead', reason: 'no-answer' })
    expect(links.dial('tcp://127.0.0.1:3001', 1000)).not.toBe(link)
    links.close()
    expect(clock.pending).toBe(0)
  })
})
