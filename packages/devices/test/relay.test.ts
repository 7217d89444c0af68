import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { SocketSpace } from '@skein/core/internal'
import { useLedger } from '@skein/test-harness'
import { Relay } from '../src/relay.js'
import { joined, texts } from './support/sockets.js'

useLedger()

const ANY = 'tcp://127.0.0.1:*'

/** What its sockets have handed out. */
let received: string[]
let space: SocketSpace
beforeEach(() => {
  received = []
  space = new SocketSpace(
    {},
    { received: (frames) => void received.push(frames.map(String).join('|')), hasten() {} },
  )
})
afterEach(() => space.close())

test('what a relay carries is counted once, by the socket that it came in at', async () => {
  const [input, output] = [space.open('router'), space.open('dealer')]
  const [front, back] = [await input.bind(ANY), await output.bind(ANY)]
  const relay = new Relay(input, output)
  const client = await joined('req', front, { routingId: 'me' })
  const server = await joined('rep', back)
  await client.send(['asked'])
  expect(await texts(server)).toEqual(['asked'])
  await server.send(['answered'])
  expect(await texts(client)).toEqual(['answered'])
  expect(received).toEqual(['me||asked', 'me||answered'])
  await relay.stop()
})
