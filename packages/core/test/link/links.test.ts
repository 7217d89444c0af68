import { describe, expect, test } from '@jest/globals'
import { Links } from '../../src/link/links.js'
import { entryOf } from '../peer/entries.js'
import { parts } from './parts.js'

function linked() {
  const { clock, transport, parts: given } = parts()
  const links = new Links(given, {
    received() {},
    network() {},
    changed() {},
    shaken() {},
    merged() {},
    running: () => 0,
  })
  const entry = entryOf('peer', { endpoints: ['tcp://127.0.0.1:3000'] })
  links.directory.learn(entry)
  return { clock, transport, given, links }
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
