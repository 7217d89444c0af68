import { describe, expect, test } from '@jest/globals'
import { Contests } from '../../src/link/contests.js'
import { Link } from '../../src/link/link.js'
import type { LinkParts } from '../../src/link/parts.js'
import type { PeerState } from '../../src/peer/peer-state.js'
import type { Scheme } from '../../src/transport/transport.js'
import { type Hand, Kind } from '../../src/wire/message.js'
import { entryOf } from '../peer/entries.js'
import { hostOf, parts } from './parts.js'

const PATIENCE = 2500

/** A link whose state is what the test says. */
class Holder extends Link {
  hearts = 0
  #shown: PeerState = { kind: 'alive', heard: 0, asked: 0 }
  #lane: Scheme = 'tcp'

  constructor(given: LinkParts, uid: string) {
    super(hostOf(given), { entry: entryOf(uid) })
  }

  override get state(): PeerState {
    return this.#shown ?? { kind: 'connecting', since: 0 }
  }

  override get lane(): Scheme {
    return this.#lane
  }

  override heart(): void {
    this.hearts += 1
  }

  become(state: PeerState['kind'], lane: Scheme = 'tcp'): void {
    const times = { heard: 0, asked: 0, since: 0, until: 0, greeted: 0, vouched: 0 }
    const facts = { confirmations: 0, refused: false }
    this.#shown =
      state === 'dead'
        ? { kind: state, since: 0, reason: 'silent' }
        : state === 'left'
          ? { kind: state, since: 0, whose: 'theirs', reason: 'stopped' }
          : { kind: state, ...times, ...facts }
    this.#lane = lane
  }
}

const handOf = (uid: string, instance: string): Hand => ({
  kind: Kind.hand,
  from: entryOf(uid, { instance }),
  meshToken: 'token of the tests',
  toUid: null,
  to: null,
  nonce: new Uint8Array(16),
  token: new Uint8Array(16),
  attempt: 1,
  session: 1,
  taken: 0,
})

function contested() {
  const { clock, parts: given } = parts()
  const verdicts: unknown[] = []
  const contests = new Contests(clock, PATIENCE, {
    refuse: (hand) => verdicts.push(['refused', hand.from.instance]),
    accept: (hand, link) => verdicts.push(['accepted', hand.from.instance, link]),
  })
  const holder = new Holder(given, 'worker')
  const deadlines = clock.pending // of the links themselves
  const hand = handOf('worker', 'newcomer')
  return { clock, given, verdicts, contests, holder, hand, timers: () => clock.pending - deadlines }
}

describe('A uid that somebody holds and another claims', () => {
  test('stays with a holder that answers the heart which it is sent at once', async () => {
    const { clock, verdicts, contests, holder, hand, timers } = contested()
    contests.open(holder, hand)
    expect([holder.hearts, verdicts]).toEqual([1, []])
    contests.answered(holder, 1)
    contests.answered(holder, 1)
    expect(verdicts).toEqual([['refused', 'newcomer']])
    expect(timers()).toBe(0)
    await clock.advance(PATIENCE)
    expect(verdicts).toHaveLength(1)
  })

  test('does not stay with a holder for what it answered before, which is read late', async () => {
    const { clock, verdicts, contests, holder, hand } = contested()
    holder.become('stalled', 'inproc')
    contests.open(holder, hand)
    contests.answered(holder, 0) // a beat that nobody asked for, or one to an earlier heart
    expect(verdicts).toEqual([])
    await clock.advance(PATIENCE)
    expect(verdicts).toEqual([['accepted', 'newcomer', holder]])
  })

  test('goes to the newcomer when the link to its holder is over', () => {
    const { verdicts, contests, holder, hand, timers } = contested()
    contests.open(holder, hand)
    contests.ended(holder)
    contests.ended(holder)
    expect(verdicts).toEqual([['accepted', 'newcomer', holder]])
    expect(timers()).toBe(0)
  })

  test.each([
    ['alive', 'tcp', 'refused'],
    ['stalled', 'ipc', 'refused'],
    ['stalled', 'inproc', 'accepted'],
    ['alive', 'inproc', 'accepted'],
    ['connecting', 'tcp', 'accepted'],
    ['shaking', 'tcp', 'accepted'],
  ] as const)('with a silent holder that is %s over %s: the newcomer is %s', async (state, lane, verdict) => {
    const { clock, verdicts, contests, holder, hand } = contested()
    holder.become(state, lane)
    contests.open(holder, hand)
    await clock.advance(PATIENCE - 1)
    expect(verdicts).toEqual([])
    await clock.advance(1)
    expect(verdicts).toEqual([expect.arrayContaining([verdict, 'newcomer'])])
  })

  test('is not decided while its holder is suspect, but with what becomes of that', async () => {
    const dying = contested()
    dying.holder.become('suspect')
    dying.contests.open(dying.holder, dying.hand)
    await dying.clock.advance(PATIENCE)
    expect(dying.verdicts).toEqual([])
    dying.contests.ended(dying.holder)
    expect(dying.verdicts).toEqual([['accepted', 'newcomer', dying.holder]])

    const returning = contested()
    returning.holder.become('suspect')
    returning.contests.open(returning.holder, returning.hand)
    await returning.clock.advance(PATIENCE)
    returning.contests.answered(returning.holder, 1)
    expect(returning.verdicts).toEqual([['refused', 'newcomer']])
  })

  test('is decided though its holder was suspect, and only turned out to be busy', async () => {
    const { clock, verdicts, contests, holder, hand, timers } = contested()
    holder.become('suspect')
    contests.open(holder, hand)
    await clock.advance(PATIENCE)
    holder.become('stalled')
    await clock.advance(PATIENCE)
    expect(verdicts).toEqual([['refused', 'newcomer']])
    expect(timers()).toBe(0)
  })

  test('is one contest, however often the newcomer asks; the last hand is answered', async () => {
    const { clock, verdicts, contests, holder, timers } = contested()
    contests.open(holder, handOf('worker', 'first'))
    contests.open(holder, handOf('worker', 'second'))
    expect([holder.hearts, timers()]).toEqual([1, 1])
    await clock.advance(PATIENCE)
    expect(verdicts).toEqual([['refused', 'second']])
  })

  test('is not decided by what others do', () => {
    const { given, verdicts, contests, holder, hand } = contested()
    const other = new Holder(given, 'other')
    const namesake = new Holder(given, 'worker')
    contests.open(holder, hand)
    for (const link of [other, namesake]) {
      contests.answered(link, 1)
      contests.ended(link)
    }
    expect(verdicts).toEqual([])
  })

  test('is contested anew with the whole patience when another link holds it', async () => {
    const { clock, given, verdicts, contests, holder, hand, timers } = contested()
    contests.open(holder, hand)
    await clock.advance(PATIENCE - 1)
    const before = timers()
    const successor = new Holder(given, 'worker')
    contests.open(successor, hand)
    expect(timers()).toBe(before + 1) // the successor's own deadline
    await clock.advance(PATIENCE - 1)
    expect(verdicts).toEqual([])
    await clock.advance(1)
    expect(verdicts).toEqual([['refused', 'newcomer']])
  })

  test('leaves no timer when everything is closed', () => {
    const { contests, holder, hand, timers, verdicts } = contested()
    contests.open(holder, hand)
    contests.close()
    contests.answered(holder, 1)
    expect([timers(), verdicts]).toEqual([0, []])
  })
})
