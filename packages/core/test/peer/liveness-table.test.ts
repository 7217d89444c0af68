import { readFile } from 'node:fs/promises'
import { expect, test } from '@jest/globals'
import { defaultLiveness, type LivenessOptions } from '../../src/options.js'
import { BEAT_GRACE, liveness } from '../../src/peer/liveness.js'
import type { PeerEvent, PeerState } from '../../src/peer/peer-state.js'

const page = await readFile(new URL('../../../../docs/liveness.md', import.meta.url), 'utf8')

const { heartInterval, stalledAfter, suspicion, askInterval, greetInterval } = defaultLiveness
const now = 100_000

/** One state for each, as it is while there is nothing to be done. */
const quiet = {
  connecting: { kind: 'connecting', since: now },
  shaking: { kind: 'shaking', since: now },
  alive: { kind: 'alive', heard: now, asked: now },
  stalled: { kind: 'stalled', heard: now - stalledAfter, asked: now, since: now, greeted: now },
  suspect: {
    kind: 'suspect',
    heard: now,
    since: now,
    until: now + suspicion,
    confirmations: 0,
    refused: false,
  },
  unreachable: { kind: 'unreachable', heard: now, since: now, vouched: now, asked: now },
  dead: { kind: 'dead', since: now, reason: 'silent' },
  left: { kind: 'left', since: now, whose: 'theirs', reason: 'stopped' },
} as const satisfies { [K in PeerState['kind']]: PeerState }

/** So that two tries are all, before a peer is stalled or after it. */
const twoTries = { ...defaultLiveness, heartTries: 2 }
const inVain = now - 2 * heartInterval

/** What a tick can find, and a state in which it does. */
const ticks: readonly (readonly [found: string, state: PeerState, options?: LivenessOptions])[] = [
  ['heart due', { ...quiet.alive, heard: now - heartInterval, asked: now - heartInterval }],
  ['silent for stalledAfter', { ...quiet.alive, heard: now - stalledAfter }],
  ['heart due', { ...quiet.stalled, asked: now - heartInterval }],
  ['greeting due', { ...quiet.stalled, greeted: now - greetInterval }],
  ['has spoken before', { ...quiet.stalled, spoke: now - BEAT_GRACE }],
  ['tries over', { ...quiet.alive, heard: inVain, asked: inVain + heartInterval }, twoTries],
  ['tries over', { ...quiet.stalled, heard: inVain, asked: inVain + heartInterval }, twoTries],
  ['suspicion over', { ...quiet.suspect, until: now }],
  ['others due', { ...quiet.unreachable, asked: now - askInterval }],
  ['nobody has vouched for suspicion', { ...quiet.unreachable, vouched: now - suspicion }],
]

const events: readonly PeerEvent[] = (
  ['up', 'down', 'shaken', 'heard', 'beat', 'vouched', 'greeted', 'confirmed', 'refused', 'tick'] as const
).map((kind) => ({ kind }))

/** Two events that decide together, whichever comes first. */
const pairs: readonly (readonly [name: string, state: PeerState, event: PeerEvent])[] = [
  ['confirmed, after refused', { ...quiet.suspect, refused: true }, { kind: 'confirmed' }],
  ['refused, after confirmed', { ...quiet.suspect, confirmations: 1 }, { kind: 'refused' }],
]

/** What the code does, in the words of the page. */
function transitions(): string[] {
  const plain = Object.values(quiet).flatMap((state) => events.map((event) => row(state, event, event.kind)))
  const timed = ticks.map(([found, state, options]) =>
    row(state, { kind: 'tick' }, `tick: ${found}`, options),
  )
  const paired = pairs.map(([name, state, event]) => row(state, event, name))
  return [...plain, ...paired, ...timed].filter((line) => line !== undefined)
}

function row(
  state: PeerState,
  event: PeerEvent,
  name: string,
  options = defaultLiveness,
): string | undefined {
  // A moment later, so that what only notes the time shows too.
  const [after, actions] = liveness(state, event, event.kind === 'tick' ? now : now + 1, options)
  if (after === state || (event.kind === 'tick' && after.kind === state.kind && actions.length === 0))
    return undefined
  return [state.kind, name, after.kind, actions.join(', ')].join(' | ')
}

function rowsUnder(heading: string): string[][] {
  const section = page.split(/^## /m).find((text) => text.startsWith(`${heading}\n`)) ?? ''
  const table = section.split(/\n\n/).find((block) => block.startsWith('| ')) ?? ''
  return table
    .trim()
    .split('\n')
    .slice(2)
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    )
}

test('every transition of the machine stands in the table of the page, and no other', () => {
  const told = rowsUnder('Transitions').map((cells) => cells.join(' | '))
  expect([...told].sort()).toEqual(transitions().sort())
})

test('every end is an end, and every other state ends by proof or farewell', () => {
  for (const state of Object.values(quiet)) {
    const [ended] = liveness(state, { kind: 'ended', reason: 'crashed' }, now, defaultLiveness)
    const [left] = liveness(state, { kind: 'farewell', whose: 'theirs', reason: 'x' }, now, defaultLiveness)
    const isEnd = state.kind === 'dead' || state.kind === 'left'
    expect([ended.kind, left.kind]).toEqual(isEnd ? [state.kind, state.kind] : ['dead', 'left'])
  }
})

test('the page has every state', () => {
  expect(rowsUnder('States').map(([state]) => state)).toEqual(Object.keys(quiet))
})
