import { describe, expect, test } from '@jest/globals'
import { sized } from '@skein/test-harness/size'
import fc from 'fast-check'
import {
  type HandshakeAction,
  type HandshakeEvent,
  type HandshakeState,
  handshake,
  idle,
} from '../../src/peer/handshake.js'
import { Prng } from '../../src/transport/prng.js'
import { type Hand, Kind, type Shake } from '../../src/wire/message.js'
import { expectSame } from '../support/same.js'
import { entryOf } from './entries.js'
import { type Choose, TwoSides } from './two-sides.js'

const token = (n: number) => new Uint8Array(16).fill(n)

/** A hand of the peer's `attempt`-th connection; its token and nonce bear the same number. */
const hand = (attempt: number): Hand => ({
  kind: Kind.hand,
  from: entryOf('peer'),
  meshToken: 'mesh token',
  toUid: null,
  to: null,
  nonce: token(attempt),
  token: token(attempt),
  attempt,
  session: 1,
  taken: 0,
})

const shake = (attempt: number): Shake => ({
  kind: Kind.shake,
  from: entryOf('peer'),
  answers: token(0),
  token: token(attempt),
  attempt,
  session: 1,
  taken: 0,
  network: [],
  refused: null,
})

/** Goes through events, and gives the last step. */
function after(events: readonly HandshakeEvent[], from: HandshakeState = idle) {
  let state = from
  let actions: readonly HandshakeAction[] = []
  for (const event of events) [state, actions] = handshake(state, event)
  return { state, actions }
}

const dial = { kind: 'dial' } as const
const connected = { kind: 'connected' } as const
const batch = { kind: 'batch' } as const
const onHand = (attempt: number) => ({ kind: 'hand', hand: hand(attempt) }) as const
const onShake = (attempt: number) => ({ kind: 'shake', shake: shake(attempt) }) as const

describe('A handshake', () => {
  test('that we begin is a dial, a hand, and open and confirmed with the shake', () => {
    expect(after([dial])).toEqual({
      state: { kind: 'dialling', peerAttempt: 0, answering: undefined },
      actions: [{ kind: 'dial' }],
    })
    expect(after([dial, connected])).toEqual({
      state: { kind: 'greeting', peerAttempt: 0 },
      actions: [{ kind: 'send-hand' }],
    })
    expect(after([dial, connected, onShake(3)])).toEqual({
      state: { kind: 'open', peerAttempt: 3, confirmed: true, token: token(3) },
      actions: [{ kind: 'resume', greeting: shake(3) }, { kind: 'confirmed' }],
    })
  })

  test('that the peer begins is dialled back, answered with a shake, and confirmed by a batch', () => {
    expect(after([onHand(3)])).toEqual({
      state: { kind: 'dialling', peerAttempt: 3, answering: hand(3) },
      actions: [{ kind: 'dial' }],
    })
    const open = { kind: 'open', peerAttempt: 3, confirmed: false, token: token(3) }
    expect(after([onHand(3), connected])).toEqual({
      state: open,
      actions: [
        { kind: 'resume', greeting: hand(3) },
        { kind: 'send-shake', answers: hand(3) },
      ],
    })
    expect(after([onHand(3), connected, batch])).toEqual({
      state: { ...open, confirmed: true },
      actions: [{ kind: 'confirmed' }],
    })
  })

  test('that both begin is answered on the connection that there is', () => {
    expect(after([dial, connected, onHand(3)])).toEqual({
      state: { kind: 'open', peerAttempt: 3, confirmed: false, token: token(3) },
      actions: [
        { kind: 'resume', greeting: hand(3) },
        { kind: 'send-shake', answers: hand(3) },
      ],
    })
    expect(after([dial, connected, onHand(3), onShake(3)])).toEqual({
      state: { kind: 'open', peerAttempt: 3, confirmed: true, token: token(3) },
      actions: [{ kind: 'confirmed' }],
    })
  })

  test('answers a hand that comes while a connection is being made, on that connection', () => {
    expect(after([dial, onHand(3)])).toEqual({
      state: { kind: 'dialling', peerAttempt: 3, answering: hand(3) },
      actions: [],
    })
  })

  test('begins anew with a hand of our own when nobody answers, or the connection for an answer could not be made', () => {
    for (const events of [
      [onHand(3), connected, dial],
      [onHand(3), dial],
    ]) {
      const { state, actions } = after(events)
      expect({ state, actions }).toEqual({
        state: { kind: 'dialling', peerAttempt: 3, answering: undefined },
        actions: [{ kind: 'dial' }],
      })
      expect(after([connected], state).actions).toEqual([{ kind: 'send-hand' }])
    }
  })

  test('sends its shake once more for the same hand, and dials back for a later one', () => {
    const open = after([dial, connected, onShake(3)]).state
    expect(after([onHand(3)], open)).toEqual({
      state: open,
      actions: [{ kind: 'send-shake', answers: hand(3) }],
    })
    expect(after([onHand(4)], open)).toEqual({
      state: { kind: 'dialling', peerAttempt: 4, answering: hand(4) },
      actions: [{ kind: 'dial' }],
    })
  })

  test('takes a shake of a later connection for the truth, and its numbers with it', () => {
    const open = after([dial, connected, onHand(3)]).state
    expect(after([onShake(4)], open)).toEqual({
      state: { kind: 'open', peerAttempt: 4, confirmed: true, token: token(4) },
      actions: [{ kind: 'resume', greeting: shake(4) }, { kind: 'confirmed' }],
    })
  })

  test.each([
    ['dialling', [onHand(5)]],
    ['greeting', [onHand(5), dial, connected]],
    ['open', [dial, connected, onShake(5)]],
  ] as const)('drops greetings of an earlier connection while %s', (kind, events) => {
    const { state } = after(events)
    expect(state.kind).toBe(kind)
    expect(handshake(state, onHand(4))).toEqual([state, [{ kind: 'stale' }]])
    expect(handshake(state, onShake(4))).toEqual([state, [{ kind: 'stale' }]])
  })

  test('drops a shake that answers no hand which is out', () => {
    expect(after([onShake(3)])).toEqual({ state: idle, actions: [{ kind: 'stale' }] })
    expect(after([dial, onShake(3)]).actions).toEqual([{ kind: 'stale' }])
  })

  test('is not moved by a batch or a connection that it does not wait for', () => {
    for (const { state } of [after([]), after([dial, connected]), after([dial, connected, onShake(3)])]) {
      expect(handshake(state, batch)).toEqual([state, []])
      expect(handshake(state, connected)).toEqual([state, []])
    }
  })
})

/** The first choices as drawn, and random ones from a seed after them. */
function chooser(choices: readonly number[], seed: number): Choose {
  const prng = new Prng(seed)
  let next = 0
  return (below) => {
    const choice = choices[next++]
    return choice === undefined ? Math.floor(prng.between(0, below)) : choice % below
  }
}

const schedules = fc.array(fc.nat(1_000_000), { maxLength: 150, size: 'max' })

describe('Two sides', () => {
  test('end open, and deliver every message exactly once and in order, whatever was lost, delayed or overtaken before', () => {
    fc.assert(
      fc.property(schedules, fc.nat(), (choices, seed) => {
        const { a, b } = disturbed(choices, seed)
        for (const { state } of [a, b])
          expectSame([state.kind, 'confirmed' in state && state.confirmed], ['open', true])
        expectSame([a.accepts(b), b.accepts(a)], [true, true])
        expectSame([a.received, b.received], [upTo(b.posted), upTo(a.posted)])
        for (const side of [a, b]) expectSame([side.session.isEmpty, side.gaps], [true, 0])
      }),
      { numRuns: sized(150, 1500) },
    )
  })

  test('dial once each, and never run out of patience, while nothing fails', () => {
    fc.assert(
      fc.property(fc.boolean(), fc.nat(20), fc.nat(20), schedules, (bothDial, fromA, fromB, choices) => {
        const sides = new TwoSides()
        const { a, b } = sides
        for (let i = 0; i < fromA; i++) a.post()
        for (let i = 0; i < fromB; i++) b.post()
        a.event({ kind: 'dial' })
        if (bothDial) b.event({ kind: 'dial' })
        expectSame(sides.settle(chooser(choices, 0), 0), 0)
        expectSame([a.dials, b.dials], [1, 1])
        expectSame([a.received, b.received], [upTo(fromB), upTo(fromA)])
      }),
    )
  })
})

/** Two sides after a hostile time and the calm that follows it. */
function disturbed(choices: readonly number[], seed: number) {
  const sides = new TwoSides()
  sides.a.event({ kind: 'dial' })
  const choose = chooser(choices, seed)
  for (let i = 0; i < choices.length / 2; i++) sides.disturb(choose)
  // Two rounds: what is known of old connections can cross once more, and is void then on both sides.
  sides.settle(choose, 2)
  return { a: sides.a, b: sides.b }
}

function upTo(n: number): number[] {
  return Array.from({ length: n }, (_, i) => i + 1)
}
