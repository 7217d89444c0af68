import { expect, test } from '@jest/globals'
import { evidenceOf, type Grounds, HERE, hearsay } from '../../src/comms/evidence.js'
import { defaultLiveness } from '../../src/options.js'
import type { DeathReason, PeerState } from '../../src/peer/peer-state.js'

const entry = {
  uid: 'b',
  instance: 'instance-of-b',
  endpoints: ['ipc:///tmp/elsewhere.sock', 'tcp://127.0.0.1:3001'],
  roles: [],
  host: '',
  process: '',
}
const link = { entry, lane: 'tcp', lastFailure: undefined, refusal: null } as const
const alive = { kind: 'alive', heard: 1000, asked: 1000 } as const
const suspect = {
  kind: 'suspect',
  heard: 1000,
  since: 3000,
  until: 9000,
  confirmations: 0,
  refused: false,
} as const

function why(state: PeerState, more: Partial<Grounds>): string | undefined {
  const grounds = { link, was: alive, now: 9000, liveness: defaultLiveness, witness: undefined }
  return evidenceOf(state, { ...grounds, ...more })
}

function whyDead(reason: DeathReason, more: Partial<Grounds> = {}): string | undefined {
  return why({ kind: 'dead', since: 9000, reason }, { was: suspect, ...more })
}

test('of a crash, the addresses that were refused', () => {
  expect(whyDead('crashed')).toBe(
    'its host refuses connections to ipc:///tmp/elsewhere.sock, tcp://127.0.0.1:3001',
  )
  const endpoints = ['ipc:///tmp/instance-of-b.sock', 'tcp://127.0.0.1:3001']
  expect(whyDead('crashed', { link: { ...link, entry: { ...entry, endpoints } } })).toBe(
    'its host refuses connections to ipc:///tmp/instance-of-b.sock',
  )
})

test.each([
  [0, ''],
  [1, '; another has lost it too'],
  [3, '; 3 others have lost it too'],
])('of a silence that %i others confirm, how long it was and who else has lost it', (confirmations, more) => {
  const was = { ...suspect, confirmations }
  expect(whyDead('silent', { was, link: { ...link, lastFailure: 'no answer' } })).toBe(
    `its connection was lost 2000 ms after it was last heard, and it could not be reached for 6000 ms more${more} (no answer)`,
  )
})

test('of one that was heard until its connection was lost, that it was closed', () => {
  const state = { ...suspect, since: 1500 }
  expect(why(state, { now: 1500 })).toBe('its connection was closed')
  expect(why(state, { now: 4000 })).toBe('its connection was lost 3000 ms after it was last heard')
})

test('of a refusal, what the peer has said', () => {
  const refusal = { code: 'ERR_UID_TAKEN', message: 'b is held' }
  expect(whyDead('refused', { link: { ...link, refusal } })).toBe('it refused the handshake: b is held')
})

test('who has seen an end, and who was told of it', () => {
  expect(hearsay(HERE, 'exited')).toBe('this runtime saw it end')
  expect(hearsay('monitor', 'exited')).toBe('monitor has told that whoever started it saw it end')
  expect(hearsay('monitor', 'crashed')).toBe('monitor has told of its end: crashed')
  expect(whyDead('exited', { witness: 'monitor' })).toBe(hearsay('monitor', 'exited'))
})

test('nothing of states that say nothing of the peer', () => {
  expect(why({ kind: 'shaking', since: 0 }, {})).toBeUndefined()
})
