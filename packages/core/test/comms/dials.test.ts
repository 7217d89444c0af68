import { afterEach, expect, test } from '@jest/globals'
import { Dials } from '../../src/comms/dials.js'
import { Deadlines } from '../../src/deadlines.js'
import { Link } from '../../src/link/link.js'
import { hostOf, parts } from '../link/parts.js'

const address = 'tcp://127.0.0.1:3000'
const links: Link[] = []
afterEach(() => {
  for (const link of links.splice(0)) link.destroy()
})

function dialling() {
  const { clock, parts: given } = parts()
  const link = new Link(hostOf(given), { address })
  links.push(link)
  return { clock, link, dials: new Dials(new Deadlines(clock)) }
}

test.each([
  ['no-answer', 'ERR_HANDSHAKE_TIMEOUT'],
  ['replaced', 'ERR_PEER_LOST'],
  ['session-ended', 'ERR_PEER_LOST'],
  ['protocol', 'ERR_PEER_LOST'],
] as const)('Whoever dials is told what happened: %s is %s', async (reason, code) => {
  const { link, dials } = dialling()
  const waited = dials.wait(link, address, 1000)
  link.end(reason)
  dials.ended(link)
  await expect(waited).rejects.toMatchObject({ code, address, ...(reason !== 'no-answer' && { reason }) })
})

test('Whoever dials has a deadline of its own, whatever becomes of the link', async () => {
  const { clock, link, dials } = dialling()
  const waited = expect(dials.wait(link, address, 160)).rejects.toMatchObject({
    code: 'ERR_HANDSHAKE_TIMEOUT',
    timeoutMs: 160,
  })
  await clock.advance(160)
  await waited
})
