import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { expect, test } from '@jest/globals'
import { systemClock } from '@skein/core/internal'
import { ProxiedConnection } from '../src/proxied-connection.js'
import type { Course } from '../src/pump.js'
import { useLedger } from '../src/use-ledger.js'
import { Client, Target } from './tcp.js'

useLedger()

// Node loses a handle that is reset while libuv is sending its FIN: without care this waits for ever.
test('a connection that is reset while its end goes out is closed all the same', async () => {
  const target = await Target.listen((socket) => socket.end('bye'))
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const arrival = once(server, 'connection')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new TypeError('the server has no port')
  const client = await Client.connect({ host: '127.0.0.1', port: address.port })
  const [accepted]: Socket[] = await arrival
  if (accepted === undefined) throw new TypeError('no socket came with the connection')

  const connection = new ProxiedConnection(
    accepted,
    { up: open(), down: open() },
    () => target.address,
    systemClock,
  )
  const ending = new Promise<void>((resolve) => {
    const end = accepted.end.bind(accepted)
    accepted.end = () => {
      end()
      // The first tick orders the FIN from libuv, which sends it when this phase of the event loop is over.
      process.nextTick(() =>
        process.nextTick(() => {
          expect(accepted.writableFinished).toBe(false)
          connection.reset()
          resolve()
        }),
      )
      return accepted
    }
  })
  connection.update()
  await ending
  await connection.closed
  await client.over
  expect(client.received).toBe('bye')

  client.socket.destroy()
  server.close()
  await target.close()
})

function open(): Course {
  return { dark: false, unread: false, delay: () => 0, admit: (bytes) => ({ bytes }) }
}
