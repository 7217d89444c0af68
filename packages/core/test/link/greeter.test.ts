import { expect, test } from '@jest/globals'
import { Link } from '../../src/link/link.js'
import { defaultHandshake } from '../../src/options.js'
import { entryOf } from '../peer/entries.js'
import { turn } from './fakes.js'
import { hostOf, parts } from './parts.js'

const { timeout } = defaultHandshake

/** A link that nobody answers, under a clock that can run ahead of its timers. */
async function unanswered() {
  const { clock, transport, parts: given } = parts()
  let stalled = 0
  const late = { now: () => clock.now() + stalled, after: clock.after.bind(clock) }
  const host = hostOf({ ...given, settings: { ...given.settings, clock: late } })
  const link = new Link(host, { entry: entryOf('peer', { endpoints: ['tcp://127.0.0.1:3000'] }) })
  link.open()
  await clock.advance(0)
  const stall = (ms: number) => {
    stalled += ms
  }
  return { clock, transport, link, stall }
}

test('A handshake has its time', async () => {
  const { clock, link } = await unanswered()
  await clock.advance(timeout - 1)
  expect(link.isOver).toBe(false)
  await clock.advance(1)
  expect(link.state).toMatchObject({ kind: 'dead', reason: 'no-answer' })
})

test('A handshake is given again what our own loop was late: its answer may lie unread', async () => {
  const { clock, link, stall } = await unanswered()
  await clock.advance(timeout - 1)
  stall(5000)
  await clock.advance(5000)
  expect(link.isOver).toBe(false)
  await clock.advance(1)
  expect(link.state).toMatchObject({ kind: 'dead', reason: 'no-answer' })
})

test('A handshake is given again what our own loop has lost of its time before that was up', async () => {
  const { clock, link } = await unanswered()
  await clock.advance(1000)
  link.doubt(3000)
  await clock.advance(timeout + 3000 - 1000 - 1)
  expect(link.isOver).toBe(false)
  await clock.advance(1)
  expect(link.state).toMatchObject({ kind: 'dead', reason: 'no-answer' })
})

test('A peer that is known, and whose connection stands, is busy: its handshake goes on', async () => {
  const { clock, transport, link } = await unanswered()
  const { entry } = link
  const connect = () => {
    for (const { options, on } of transport.open) if (options.watch) on.up()
  }
  for (let at = 0; at < 3 * timeout; at += 100) {
    connect()
    await clock.advance(100)
    await turn()
  }
  expect(link.state.kind).toBe('shaking')
  // Somebody else has its address by now.
  for (const endpoint of entry?.endpoints ?? []) transport.verdicts.set(endpoint, 'refused')
  for (let at = 0; at < 2 * timeout; at += 100) {
    connect()
    await clock.advance(100)
    await turn()
  }
  expect(link.state).toMatchObject({ kind: 'dead', reason: 'no-answer' })
})
