import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { Deadlines, SocketSpace, systemClock } from '@skein/core/internal'
import { useLedger } from '@skein/test-harness'
import { Broker } from '../src/broker/broker.js'
import { Dispatch } from '../src/dispatch/dispatch.js'
import { quiet } from './support.js'

useLedger()

const ANY = 'tcp://127.0.0.1:*'

/** What its sockets have handed out. */
let received: string[]
let own: SocketSpace
let others: SocketSpace
beforeEach(() => {
  received = []
  own = new SocketSpace(
    {},
    { received: (frames) => void received.push(frames.map(String).join('|')), hasten() {} },
  )
  others = new SocketSpace()
})
afterEach(() => Promise.all([own.close(), others.close()]))

test('what passes a broker is counted once', async () => {
  const surroundings = {
    space: own,
    dispatch: new Dispatch(systemClock, 0, false),
    inbound: new Set<Broker>(),
    clock: systemClock,
    deadlines: new Deadlines(systemClock),
    logger: quiet,
    codec: 'json' as const,
    linger: 0,
  }
  const broker = await Broker.open({ xpub: ANY, xsub: ANY }, {}, surroundings)
  const pub = others.open('xpub')
  await pub.connect(broker.xsubEndpoint)
  const sub = others.open('sub')
  sub.subscribe('a')
  await sub.connect(broker.xpubEndpoint)
  await pub.receive() // the subscription
  await pub.send(['a', 'published'])
  await sub.receive()
  expect(received).toEqual(['\x01a', 'a|published'])
  await broker.close()
})
