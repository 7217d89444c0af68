import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { Sockets } from '../../src/transport/zmq/sockets.js'

test('The system asks after whoever has dialled: his host may have vanished', async () => {
  const sockets = new Sockets()
  const router = sockets.router({ frameBytes: 1024, ipv6: false, routingId: randomUUID() })
  await router.bind('tcp://127.0.0.1:*')
  const dealer = sockets.dealer({ heartbeat: undefined })
  dealer.connect(router.lastEndpoint ?? '')
  await dealer.send('x')
  await router.receive()
  expect(timersAt(Number(router.lastEndpoint?.split(':').at(-1)))).toEqual([KEEPALIVE])
  await sockets.closeAll()
})

const ESTABLISHED = '01'
/** As Linux says which timer of a connection is active (`Documentation/networking/proc_net_tcp.rst`). */
const KEEPALIVE = '02'

/** The timers of the connections that were accepted at a port, by the system's own table. */
function timersAt(port: number): (string | undefined)[] {
  const rows = readFileSync('/proc/net/tcp', 'utf8').trim().split('\n').slice(1)
  const connections = rows.map((row) => row.trim().split(/\s+/))
  const own = connections.filter(
    ([, local, , state]) => local?.endsWith(`:${hex(port)}`) && state === ESTABLISHED,
  )
  return own.map(([, , , , , timer]) => timer?.slice(0, 2))
}

function hex(port: number): string {
  return port.toString(16).toUpperCase().padStart(4, '0')
}
