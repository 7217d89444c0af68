import { randomUUID } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { eventually } from '@skein/test-harness'
import { listen } from '../../src/transport/zmq/inbound.js'
import { Scavenges, type Scavenging } from '../../src/transport/zmq/scavenges.js'
import { SocketSpace } from '../../src/transport/zmq/socket-space.js'
import { Sockets } from '../../src/transport/zmq/sockets.js'
import { threadScavenges } from '../../src/transport/zmq/v8-heap.js'
import { ZmqTransport } from '../../src/transport/zmq/zmq-transport.js'
import { atEndOfTurn } from '../../src/turn.js'
import { dialled, HEARTBEAT, text } from './observed.js'

const LARGE = 'x'.repeat(300)

/** What happened, in order. */
let events: string[]
const scavenges: Scavenging = {
  received: (frames) => void events.push(`received ${frames.map(({ byteLength }) => byteLength)}`),
  hasten: () => void events.push('hasten'),
}

beforeEach(() => {
  events = []
})

describe('the inbound socket of a mesh', () => {
  const transport = new ZmqTransport()
  const sockets = new Sockets(scavenges)
  afterEach(() => Promise.all([transport.close(), sockets.closeAll()]))

  test('counts each batch, and has garbage made when what it has brought about has left', async () => {
    const options = {
      schemes: ['tcp'] as const,
      host: '127.0.0.1',
      port: 0,
      instance: randomUUID(),
      frameBytes: 4 << 20,
    }
    const inbound = await listen(sockets, options, '', {
      batch() {
        events.push('batch')
        atEndOfTurn(() => events.push('answer'))
      },
      settled() {},
    })
    // Not watched: what a machine that stands still for a second would break is no business of this test.
    const { outbound } = dialled(transport, inbound.endpoints[0] ?? '', { watch: false, ...HEARTBEAT })
    await outbound.send([...text(LARGE), ...text('small')])
    await eventually(() => events.includes('hasten'))
    // Its routing id, the two frames that were sent.
    expect(events).toEqual([expect.stringMatching(/^received \d+,300,5$/), 'batch', 'answer', 'hasten'])
  })
})

describe('a plain socket', () => {
  let space: SocketSpace
  beforeEach(() => {
    space = new SocketSpace({}, scavenges)
  })
  afterEach(() => space.close())

  test.each(['receive', 'tryReceive'] as const)(
    'counts what %s resolves to, and has garbage made before the next is asked for',
    async (method) => {
      const pull = space.open('pull')
      const push = space.open('push')
      await push.connect(await pull.bind('tcp://127.0.0.1:0'))
      await push.send([LARGE, 'small'])
      for (const next of [1, 2]) {
        const [first] = await pull[method]()
        events.push(`handed out ${first?.length}`)
        if (next === 1) await push.send([LARGE])
      }
      expect(events).toEqual([
        'hasten',
        'received 300,5',
        'handed out 300',
        'hasten',
        'received 300',
        'handed out 300',
      ])
    },
  )

  test('that has nothing to receive any more leaves that to whoever has asked', async () => {
    const pull = space.open('pull', { receiveTimeout: 10 })
    await pull.bind('tcp://127.0.0.1:0')
    await expect(pull.receive()).rejects.toMatchObject({ code: 'ERR_TIMEOUT' })
    expect(events).toEqual(['hasten'])
  })
})

test('all sockets of a thread tell the same, unless something else is given', () => {
  expect([new Sockets(), new Sockets()].map((sockets) => sockets.scavenges)).toEqual([
    threadScavenges,
    threadScavenges,
  ])
  expect(threadScavenges).toBeInstanceOf(Scavenges)
})
