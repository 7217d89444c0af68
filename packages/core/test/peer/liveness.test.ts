import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { livenessPresets } from '../../src/liveness-presets.js'
import { defaultLiveness } from '../../src/options.js'
import { asksSecond, lastTry } from '../../src/peer/heart-schedule.js'
import { BEAT_GRACE, liveness, nextTick } from '../../src/peer/liveness.js'
import type { PeerAction, PeerEvent, PeerState } from '../../src/peer/peer-state.js'
import { suspicionRefused } from '../../src/peer/suspicion.js'

/** Hearts leave at their own instants. */
const options = { ...defaultLiveness, heartSlack: 0 }
const { heartInterval, stalledAfter, suspicion, confirmedSuspicion, askInterval } = options

/** Events come at this instant. */
const now = 10_000

const states = {
  connecting: { kind: 'connecting', since: 9000 },
  shaking: { kind: 'shaking', since: 9000 },
  alive: { kind: 'alive', heard: 9900, asked: 9800 },
  stalled: { kind: 'stalled', heard: 7000, asked: 9500, since: 9500, greeted: 9500 },
  suspect: { kind: 'suspect', heard: 7000, since: 9000, until: 13_000, confirmations: 0, refused: false },
  unreachable: { kind: 'unreachable', heard: 7000, since: 9000, vouched: 9200, asked: 9000 },
  dead: { kind: 'dead', since: 9000, reason: 'silent' },
  left: { kind: 'left', since: 9000, whose: 'theirs', reason: 'stopped' },
} as const satisfies Record<string, PeerState>

const events = {
  up: { kind: 'up' },
  down: { kind: 'down' },
  shaken: { kind: 'shaken' },
  heard: { kind: 'heard' },
  beat: { kind: 'beat' },
  tick: { kind: 'tick' },
  vouched: { kind: 'vouched' },
  greeted: { kind: 'greeted' },
  confirmed: { kind: 'confirmed' },
  refused: { kind: 'refused' },
  doubt: { kind: 'doubt', lost: 500 },
  ended: { kind: 'ended', reason: 'crashed' },
  farewell: { kind: 'farewell', whose: 'ours', reason: 'stopped' },
} as const satisfies Record<PeerEvent['kind'], PeerEvent>

type Row = readonly [PeerState, readonly PeerAction[]]

const alive: Row = [{ kind: 'alive', heard: now, asked: now }, ['heart']]
const dead: Row = [{ kind: 'dead', since: now, reason: 'crashed' }, []]
const left: Row = [{ kind: 'left', since: now, whose: 'ours', reason: 'stopped' }, []]

function suspectSince(heard: number): PeerState {
  return { kind: 'suspect', heard, since: now, until: now + suspicion, confirmations: 0, refused: false }
}

/** What every event does to every state; what isn't here changes nothing. */
const changes: Record<keyof typeof states, Partial<Record<keyof typeof events, Row>>> = {
  connecting: { up: [{ kind: 'shaking', since: now }, []], shaken: alive, ended: dead, farewell: left },
  shaking: {
    down: [{ kind: 'connecting', since: 9000 }, ['probe']],
    shaken: alive,
    ended: dead,
    farewell: left,
  },
  alive: {
    down: [suspectSince(9900), ['probe', 'ask']],
    shaken: alive,
    heard: [{ kind: 'alive', heard: now, asked: 9800 }, []],
    doubt: [{ kind: 'alive', heard: now, asked: 9800 }, []],
    ended: dead,
    farewell: left,
  },
  stalled: {
    down: [suspectSince(7000), ['probe', 'ask']],
    shaken: [{ ...states.stalled, asked: now, spoke: now }, ['heart']],
    heard: [{ ...states.stalled, spoke: now }, []],
    beat: [{ kind: 'alive', heard: now, asked: 9500 }, []],
    doubt: [{ kind: 'stalled', heard: 7500, asked: 9500, since: 9500, greeted: 9500 }, []],
    ended: dead,
    farewell: left,
  },
  suspect: {
    up: [{ kind: 'stalled', heard: 7000, asked: now, since: now, greeted: now }, []],
    shaken: alive,
    doubt: [{ ...states.suspect, until: 13_500 }, []],
    vouched: [{ kind: 'unreachable', heard: 7000, since: now, vouched: now, asked: now }, []],
    greeted: [{ kind: 'unreachable', heard: 7000, since: now, vouched: now, asked: now }, []],
    confirmed: [{ ...states.suspect, until: 11_000, confirmations: 1 }, []],
    refused: [{ ...states.suspect, refused: true }, []],
    ended: dead,
    farewell: left,
  },
  unreachable: {
    up: [{ kind: 'stalled', heard: 7000, asked: now, since: now, greeted: now }, []],
    shaken: alive,
    doubt: [{ kind: 'unreachable', heard: 7000, since: 9000, vouched: 9700, asked: 9000 }, []],
    vouched: [{ kind: 'unreachable', heard: 7000, since: 9000, vouched: now, asked: 9000 }, []],
    greeted: [{ kind: 'unreachable', heard: 7000, since: 9000, vouched: now, asked: 9000 }, []],
    ended: dead,
    farewell: left,
  },
  dead: {},
  left: {},
}

describe('The state of a peer', () => {
  const rows = Object.entries(states).flatMap(([name, state]) =>
    Object.values(events).map((event) => ({ name, event, state, change: changes[state.kind][event.kind] })),
  )
  test.each(rows)('after $name and $event.kind is as the table says', ({ state, event, change }) => {
    expect(liveness(state, event, now, options)).toEqual(change ?? [state, []])
  })

  test('is asked after with a heart after heartInterval of silence, and once in every interval from then', () => {
    const peer = watched()
    expect(peer.until(heartInterval - 1)).toEqual([])
    expect(peer.until(2 * heartInterval)).toEqual([
      [heartInterval, 'heart'],
      [2 * heartInterval, 'heart'],
    ])
  })

  test('is asked after later, when it speaks of itself', () => {
    const peer = watched()
    peer.until(heartInterval - 1)
    peer.event({ kind: 'heard' })
    expect(peer.until(2 * heartInterval - 2)).toEqual([])
    expect(peer.until(2 * heartInterval - 1)).toEqual([[2 * heartInterval - 1, 'heart']])
  })

  test('is asked after although it speaks, five intervals after the last time', () => {
    const peer = watched()
    for (let at = 500; at < 5 * heartInterval; at += 500) {
      expect(peer.until(at)).toEqual([])
      peer.event({ kind: 'heard' })
    }
    expect(peer.until(5 * heartInterval)).toEqual([[5 * heartInterval, 'heart']])
  })

  test('is asked after up to heartSlack later, where others are asked after too', () => {
    const at = (heard: number, heartSlack: number) =>
      nextTick({ kind: 'alive', heard, asked: heard }, { ...options, heartSlack })
    expect(at(0, 250)).toBe(1000)
    for (const heard of [1, 100, 249, 250]) expect(at(heard, 250)).toBe(1250)
    expect(at(251, 250)).toBe(1500)
    expect(at(1, 10_000)).toBe(1250) // a quarter of the interval at most
    expect(at(0.1, 0)).toBe(1000.1)
  })

  test('is asked after later by the one who asks second, and yet in time for an answer before it counts as stalled', () => {
    const second = asksSecond({ ...options, heartSlack: 250 })
    for (let heard = 0; heard < 1000; heard += 7) {
      const state = { kind: 'alive', heard, asked: heard } as const
      const first = nextTick(state, defaultLiveness)
      expect(nextTick(state, second)).toBeGreaterThanOrEqual(first + 250)
      expect(nextTick(state, second)).toBeLessThanOrEqual(heard + 1500)
    }
    expect(asksSecond(options)).toEqual(options)
  })

  test('has the same tries, whether it is asked first or second', () => {
    const first = { ...defaultLiveness, heartTries: 6 }
    expect(lastTry(0, asksSecond(first))).toBe(lastTry(0, first))
  })

  test('is stalled after stalledAfter of silence, is asked further on, and alive again with a beat', () => {
    const peer = watched()
    peer.until(stalledAfter - 1)
    expect(peer.state.kind).toBe('alive')
    expect(peer.until(stalledAfter)).toEqual([[stalledAfter, 'probe']])
    expect(peer.state).toMatchObject({ kind: 'stalled', since: stalledAfter })
    expect(peer.until(stalledAfter + heartInterval)).toEqual([
      [3 * heartInterval, 'heart'],
      [3 * heartInterval, 'probe'],
    ])
    peer.event({ kind: 'heard' })
    expect(peer.state.kind).toBe('stalled')
    peer.event({ kind: 'beat' })
    expect(peer.state.kind).toBe('alive')
  })

  test.each(['heard', 'shaken'] as const)(
    'that was stalled and is %s is alive soon, if its beat does not come, and was heard when it spoke',
    (kind) => {
      const peer = watched()
      peer.until(10_100)
      peer.event({ kind })
      peer.until(10_100 + BEAT_GRACE - 1)
      expect(peer.state.kind).toBe('stalled')
      peer.until(10_100 + BEAT_GRACE)
      expect(peer.state).toMatchObject({ kind: 'alive', heard: 10_100 })
    },
  )

  test('that was stalled, has spoken, and is lost before its beat was last heard when it spoke', () => {
    const peer = watched()
    peer.until(10_100)
    peer.event({ kind: 'heard' })
    peer.event({ kind: 'down' })
    expect(peer.state).toMatchObject({ kind: 'suspect', heard: 10_100 })
  })

  test('is asked and stalled at once where the two instants are one', () => {
    const [state, actions] = liveness(
      { kind: 'alive', heard: 0, asked: 0 },
      { kind: 'tick' },
      stalledAfter + 1,
      options,
    )
    expect([state.kind, actions]).toEqual(['stalled', ['heart', 'probe']])
  })

  test('is suspect when its connection is lost, and dead when suspicion has run out, not before', () => {
    const peer = watched()
    peer.event({ kind: 'down' })
    expect(peer.until(suspicion - 1)).toEqual([])
    expect(peer.state.kind).toBe('suspect')
    peer.until(suspicion)
    expect(peer.state).toEqual({ kind: 'dead', since: suspicion, reason: 'silent' })
  })

  test('is not dead after suspicion if it was reached again, however busy it is', () => {
    const peer = watched()
    peer.event({ kind: 'down' })
    peer.until(suspicion - 1)
    peer.event({ kind: 'up' })
    peer.until(100 * stalledAfter)
    expect(peer.state.kind).toBe('stalled')
  })

  test.each([
    [0, 6000],
    [1, 4000],
    [2, 2830],
    [3, 2000],
    [9, 2000],
  ])('whose loss %s others confirm is dead after %s ms', (confirmations, after) => {
    const peer = watched()
    peer.event({ kind: 'down' })
    for (let i = 0; i < confirmations; i++) peer.event({ kind: 'confirmed' })
    peer.until(after - 1)
    expect(peer.state.kind).toBe('suspect')
    peer.until(after)
    expect(peer.state.kind).toBe('dead')
  })

  test('that others vouch for is unreachable, never dead, and they are asked again and again', () => {
    const peer = watched()
    peer.event({ kind: 'down' })
    peer.until(1000)
    for (let at = 1000; at < 20 * suspicion; at += askInterval) {
      peer.event({ kind: 'vouched' })
      expect(peer.until(at + askInterval)).toEqual([[at + askInterval, 'ask']])
      expect(peer.state.kind).toBe('unreachable')
    }
  })

  test('that nobody vouches for any more is suspect once more, for a short time, and then dead', () => {
    const peer = watched()
    peer.event({ kind: 'down' })
    peer.until(1000)
    peer.event({ kind: 'vouched' })
    peer.until(1000 + suspicion - 1)
    expect(peer.state.kind).toBe('unreachable')
    peer.until(1000 + suspicion)
    expect(peer.state.kind).toBe('suspect')
    peer.until(1000 + suspicion + confirmedSuspicion)
    expect(peer.state).toMatchObject({ kind: 'dead', reason: 'silent' })
  })

  test('that its host refuses, and somebody else has lost too, has the time to greet us, whichever comes first', () => {
    for (const kinds of [['refused', 'confirmed'] as const, ['confirmed', 'refused'] as const]) {
      for (const isThere of [false, true]) {
        const peer = watched()
        peer.event({ kind: 'down' })
        for (const kind of kinds) peer.event({ kind })
        peer.until(suspicionRefused(options) - 1)
        expect(peer.state.kind).toBe('suspect')
        if (isThere) peer.event({ kind: 'greeted' })
        peer.until(suspicionRefused(options))
        expect(peer.state.kind).toBe(isThere ? 'unreachable' : 'dead')
      }
    }
  })

  test('that is refused and confirmed later than it has time to greet us is dead at once', () => {
    const peer = watched()
    peer.event({ kind: 'down' })
    peer.until(1000)
    peer.event({ kind: 'refused' })
    peer.event({ kind: 'confirmed' })
    peer.until(1000)
    expect(peer.state).toMatchObject({ kind: 'dead', reason: 'silent' })
  })

  test('that its host refuses, and nobody else has lost, has as long as any other', () => {
    const peer = watched()
    peer.event({ kind: 'down' })
    for (let i = 0; i < 5; i++) peer.event({ kind: 'refused' })
    peer.until(suspicion - 1)
    expect(peer.state.kind).toBe('suspect')
    peer.until(suspicion)
    expect(peer.state.kind).toBe('dead')
  })

  test('that its host refuses, and somebody reaches, is unreachable, and refused anew when it is suspect again', () => {
    const peer = watched()
    peer.event({ kind: 'down' })
    peer.event({ kind: 'refused' })
    peer.event({ kind: 'vouched' })
    peer.event({ kind: 'refused' })
    peer.event({ kind: 'confirmed' })
    expect(peer.state.kind).toBe('unreachable')
    peer.until(suspicion)
    expect(peer.state).toMatchObject({ kind: 'suspect', refused: false, confirmations: 0 })
  })

  test('is given the time that we were not looking ourselves', () => {
    const stalling = watched()
    stalling.until(700)
    stalling.event({ kind: 'doubt', lost: 700 })
    stalling.until(stalledAfter + 699)
    expect(stalling.state.kind).toBe('alive')
    stalling.until(stalledAfter + 700)
    expect(stalling.state.kind).toBe('stalled')

    const dying = watched()
    dying.event({ kind: 'down' })
    dying.until(700)
    dying.event({ kind: 'doubt', lost: 700 })
    dying.until(suspicion + 699)
    expect(dying.state.kind).toBe('suspect')
    dying.until(suspicion + 700)
    expect(dying.state.kind).toBe('dead')
  })

  test('is given no time beyond now: what it said while we were late counts as heard now', () => {
    const peer = watched()
    peer.event({ kind: 'heard' })
    peer.event({ kind: 'doubt', lost: 700 })
    peer.until(stalledAfter)
    expect(peer.state.kind).toBe('stalled')
  })

  test('is given no time before its connection was lost, when that is read before we know that we were late', () => {
    const peer = watched()
    peer.until(700)
    peer.event({ kind: 'down' })
    peer.event({ kind: 'doubt', lost: 700 })
    peer.until(700 + suspicion)
    expect(peer.state.kind).toBe('dead')
  })

  test('asks for no tick where time changes nothing', () => {
    for (const kind of ['connecting', 'shaking', 'dead', 'left'] as const) {
      expect(nextTick(states[kind], options)).toBe(Number.POSITIVE_INFINITY)
    }
  })

  const anyEvent: fc.Arbitrary<PeerEvent> = fc.oneof(
    fc.constantFrom(
      events.up,
      events.down,
      events.shaken,
      events.heard,
      events.beat,
      events.tick,
      events.vouched,
      events.greeted,
      events.confirmed,
      events.refused,
    ),
    fc.record({ kind: fc.constant('doubt' as const), lost: fc.nat(5000) }),
  )
  const history = fc.array(fc.record({ wait: fc.nat(3000), event: anyEvent }), { maxLength: 40 })

  test('is never dead of silence but out of suspicion that has run its course', () => {
    fc.assert(
      fc.property(history, (steps) => {
        let at = 0
        let state: PeerState = { kind: 'connecting', since: 0 }
        let course = suspicion
        let decides = new Set<string>()
        for (const { wait, event } of steps) {
          at += wait
          const was = state
          ;[state] = liveness(was, event, at, options)
          if (state.kind === 'suspect' && was.kind !== 'suspect') {
            course = was.kind === 'unreachable' ? confirmedSuspicion : suspicion
            decides = new Set()
          }
          if (event.kind === 'confirmed') course = confirmedSuspicion
          if (event.kind === 'confirmed' || event.kind === 'refused') decides.add(event.kind)
          if (state.kind === 'dead' && was.kind !== 'dead') {
            expect(was).toMatchObject({ kind: 'suspect' })
            const least = decides.size < 2 ? course : suspicionRefused(options)
            expect(was.kind === 'suspect' && at - was.since).toBeGreaterThanOrEqual(least)
          }
        }
      }),
    )
  })

  test('is never dead or suspect while its connection stands, however long it says nothing', () => {
    fc.assert(
      fc.property(history, (steps) => {
        const peer = watched()
        let at = 0
        for (const { wait, event } of steps) {
          at += wait
          peer.until(at)
          if (event.kind !== 'down') peer.event(event)
          expect(['alive', 'stalled']).toContain(peer.state.kind)
        }
      }),
    )
  })

  test.each(Object.entries(livenessPresets))(
    'asks for its next tick in the future, once it has had one, by the preset %s',
    (_name, options) => {
      const slow = options.heartInterval / heartInterval
      fc.assert(
        fc.property(history, (steps) => {
          let at = 0
          let state: PeerState = { kind: 'connecting', since: 0 }
          for (const { wait, event } of steps) {
            at += (wait * slow) / 3
            ;[state] = liveness(state, event, at, options)
            ;[state] = liveness(state, events.tick, at, options)
            expect(nextTick(state, options)).toBeGreaterThan(at)
          }
        }),
      )
    },
  )
})

/** A peer that was shaken at 0, and is given its ticks at the instants that it asks for. */
function watched() {
  let at = 0
  let [state] = liveness({ kind: 'shaking', since: 0 }, { kind: 'shaken' }, at, options)
  const step = (event: PeerEvent): readonly PeerAction[] => {
    const [next, actions] = liveness(state, event, at, options)
    state = next
    return actions
  }
  return {
    get state(): PeerState {
      return state
    },
    event: (event: PeerEvent): void => void step(event),
    /** Lets time pass up to an instant; gives what was to be done, and when. */
    until(instant: number): [number, PeerAction][] {
      const done: [number, PeerAction][] = []
      for (let next = nextTick(state, options); next <= instant; next = nextTick(state, options)) {
        expect(done.length).toBeLessThan(1000)
        at = next
        for (const action of step({ kind: 'tick' })) done.push([at, action])
      }
      at = instant
      return done
    },
  }
}
