import { beforeEach, describe, expect, test } from '@jest/globals'
import { TurnedClock } from '../../src/clock.js'
import { Witnesses } from '../../src/comms/witnesses.js'
import type { Link } from '../../src/link/link.js'
import type { Links } from '../../src/link/links.js'
import { safeguards } from '../../src/link/safeguards.js'
import { defaultLiveness } from '../../src/options.js'
import { settle } from '../../src/settings.js'
import { type Ask, Kind, type Message, type Verdict } from '../../src/wire/message.js'

/** What is said to a peer, and what is said of it. */
class FakeLink {
  readonly said: Message[] = []
  readonly testimonies: string[] = []
  readonly entry = { roles: ['monitor'] }
  readonly isOpen = true
  readonly lane = 'mem'
  readonly instance: string

  constructor(
    readonly uid: string,
    public state: { kind: string } = { kind: 'alive' },
  ) {
    this.instance = `instance of ${uid}`
  }

  post(message: Message): void {
    this.said.push(message)
  }

  testified(verdict: string): void {
    this.testimonies.push(verdict)
  }

  /** What a double of a link lacks, witnesses don't ask for. */
  get real(): Link {
    return this as unknown as Link
  }
}

const { heartbeatInterval, heartbeatTimeout } = defaultLiveness
const clock = new TurnedClock()
let all: FakeLink[]
let witnesses: Witnesses

beforeEach(() => {
  all = []
  const links = {
    all: () => all,
    get: (uid: string) => all.find((link) => link.uid === uid),
    directory: { get: () => undefined },
  } as unknown as Links
  witnesses = new Witnesses(links, settle({ uid: 'me', clock }), safeguards)
})

function linked(...links: FakeLink[]): void {
  all.push(...links)
}

describe('Who says something of a peer that is lost', () => {
  const tell = (from: FakeLink, of: FakeLink, verdict: Verdict, n = 1) =>
    witnesses.told(from.real, { kind: Kind.tell, n, uid: of.uid, instance: of.instance, verdict })

  test('counts once for each time that it is asked', () => {
    const [lost, other] = [new FakeLink('lost', { kind: 'suspect' }), new FakeLink('other')]
    linked(lost, other)
    witnesses.ask(lost.real)
    expect(other.said).toMatchObject([{ kind: Kind.ask, n: 1, uid: 'lost' }])
    for (let i = 0; i < 3; i++) tell(other, lost, 'lost')
    expect(lost.testimonies).toEqual(['lost'])
    lost.state = { kind: 'unreachable' }
    witnesses.ask(lost.real)
    for (let i = 0; i < 3; i++) tell(other, lost, 'reached')
    expect(lost.testimonies).toEqual(['lost', 'reached'])
  })

  test('does not count if it was not asked', () => {
    const [lost, other] = [new FakeLink('lost', { kind: 'suspect' }), new FakeLink('other')]
    linked(lost)
    tell(other, lost, 'lost')
    witnesses.ask(lost.real)
    for (const n of [0, 1, 2]) tell(other, lost, 'lost', n)
    expect(lost.testimonies).toEqual([])
  })
})

describe('Who asks after a peer', () => {
  const ask = (of: string, n = 1): Ask => ({ kind: Kind.ask, n, uid: of, instance: `instance of ${of}` })

  test('is answered each question, after the time in which a loss shows', async () => {
    const [asking, wanted] = [new FakeLink('asking'), new FakeLink('wanted')]
    linked(asking, wanted)
    witnesses.asked(asking.real, ask('wanted', 1))
    await clock.advance(heartbeatInterval + heartbeatTimeout - 1)
    witnesses.asked(asking.real, ask('wanted', 2))
    expect(asking.said).toEqual([])
    await clock.advance(1)
    expect(asking.said).toMatchObject([{ kind: Kind.tell, n: 1, uid: 'wanted', verdict: 'reached' }])
    await clock.advance(heartbeatInterval + heartbeatTimeout - 1)
    expect(asking.said[1]).toMatchObject({ kind: Kind.tell, n: 2 })
  })

  test('has no answer withheld by the questions of another', async () => {
    const [flooding, asking, wanted] = [
      new FakeLink('flooding'),
      new FakeLink('asking'),
      new FakeLink('wanted'),
    ]
    linked(flooding, asking, wanted)
    for (let i = 0; i < 10_000; i++) witnesses.asked(flooding.real, ask(`nobody:${i}`))
    expect(clock.pending).toBeLessThanOrEqual(2000)
    witnesses.asked(asking.real, ask('wanted'))
    await clock.advance(60_000)
    expect(asking.said).toMatchObject([{ kind: Kind.tell, verdict: 'reached' }])
    expect(flooding.said).toHaveLength(2000)
  })

  test('leaves no timer behind when its link is over', () => {
    const asking = new FakeLink('asking')
    linked(asking)
    witnesses.asked(asking.real, ask('wanted'))
    witnesses.ended(asking.real)
    expect(clock.pending).toBe(0)
  })
})
